"""One Jupyter server and one notebook with a Spark for all tests that only look; tests that end kernels start their own."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Kernels without a Spark are up in half a second: for tests of the kernel's life alone.
NO_SPARK = 'c.SparkK8s.session = "off"\n'
# A Python that sleeps before its kernel begins, for as long as the file "slow" is there.
SLOW = """
import os, sys, time
while "kernel.py" in " ".join(sys.orig_argv) and os.path.exists(os.environ["SLOW"]):
    time.sleep(0.05)
"""


def slow_python(folder: Path) -> dict[str, str]:
    """The environment of a server whose kernels don't come to run while ``folder`` has a file "slow"."""
    (folder / "sitecustomize.py").write_text(SLOW)
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]), "SLOW": str(folder / "slow")}


@pytest.fixture(scope="session", autouse=True)
def own_temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Of each process that runs tests: they look at what is in there, and each launch removes what a killed server has left."""
    tmp_path_factory.getbasetemp()  # pytest's own, which stays where it was
    with tempfile.TemporaryDirectory(prefix="local-") as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", folder)
        patched.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def spark_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with the settings as they are by default."""
    with JupyterServer(tmp_path_factory.mktemp("server"), "") as server:
        yield server


@pytest.fixture(scope="session")
def notebook(spark_server: JupyterServer) -> Iterator[Notebook]:
    """A notebook whose Spark is ready."""
    opened = Notebook(spark_server, "spark-local")
    opened.run("spark.range(10).count()", timeout_s=300)
    yield opened
    opened.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JupyterServer]:
    """A server of the test's own, whose kernels start no Spark."""
    with JupyterServer(tmp_path / "server", NO_SPARK) as own:
        yield own


@pytest.fixture
def opened() -> Iterator[Callable[..., Notebook]]:
    """Opens notebooks whose connections end with the test, whatever became of their server."""
    notebooks: list[Notebook] = []

    def open_one(server: JupyterServer, kernel: str = "spark-local") -> Notebook:
        notebooks.append(Notebook(server, kernel))
        return notebooks[-1]

    yield open_one
    for notebook in notebooks:
        notebook.socket.shutdown()  # type: ignore[no-untyped-call]
