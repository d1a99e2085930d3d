"""Installed editable and from the wheel, Jupyter's own commands find the extension, the panel and the kernels."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.packaging.conftest import copy_of_checkout, run

pytestmark = pytest.mark.timeout(900)  # the first test waits for builds and downloads


@pytest.fixture(params=["editable", "wheel"])
def installed(request: pytest.FixtureRequest, environment: Path, tmp_path: Path) -> Path:
    """The environment with the package in it; an editable installation is made of a clean tree."""
    pip = (environment / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    if request.param == "editable":
        run(*pip, "install", "--no-compile", "--editable", copy_of_checkout(tmp_path / "tree"))
    else:
        run(*pip, "install", "--force-reinstall", "--no-deps", request.getfixturevalue("wheel"))
    return environment


def test_jupyter_finds_all_of_it(installed: Path) -> None:
    extensions = run(installed / "jupyter", "server", "extension", "list")
    assert re.search(r"jupyter_sparkk8s .*enabled", extensions)
    assert re.search(r"jupyter_sparkk8s [\d.]+ .*OK", extensions)
    assert re.search(r"jupyter-sparkk8s v[\d.]+ .*enabled.*OK", run(installed / "jupyter", "labextension", "list"))
    kernels = json.loads(run(installed / "jupyter", "kernelspec", "list", "--json"))["kernelspecs"]
    for name in ("spark-k8s", "spark-local"):
        assert Path(kernels[name]["resource_dir"]).is_relative_to(installed.parent)
    provisioners = run(installed / "jupyter", "kernelspec", "provisioners")
    assert re.search(r"spark-k8s\s.*SparkK8sProvisioner", provisioners)
    assert re.search(r"spark-local\s.*SparkLocalProvisioner", provisioners)
    assert "rbac" in run(installed / "jupyter", "sparkk8s", "--help")
