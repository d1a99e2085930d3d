"""``jupyter sparkk8s install``: what lies where Jupyter looks for kernels afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_sparkk8s.cli.main import main

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    (tmp_path / "large.svg").write_text(SVG)
    return tmp_path / "jupyter_sparkk8s_config.py"


def profiles(config: Path, *found: dict[str, Any]) -> None:
    config.write_text(f"c.SparkK8s.profiles = {list(found)!r}\n")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_profiles_come_go_and_are_nobody_else_s(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kernels = tmp_path / "there" / "share" / "jupyter" / "kernels"
    install = ["install", "--prefix", str(tmp_path / "there"), "--profiles"]
    large = {"name": "large", "title": "Spark, large", "description": "8 executors", "icon": str(tmp_path / "large.svg")}
    profiles(config, large, {"name": "small", "executor_instances": 1})
    assert main(install) == 0
    assert {path.name for path in kernels.iterdir()} == {"spark-k8s", "spark-local", "spark-k8s-large", "spark-k8s-small"}
    spec = json.loads((kernels / "spark-k8s-large" / "kernel.json").read_text())
    assert spec["display_name"] == "Spark, large"
    assert spec["metadata"]["description"] == "8 executors"
    provisioner = spec["metadata"]["kernel_provisioner"]
    assert provisioner == {"provisioner_name": "spark-k8s", "config": {"profile": "large"}}
    assert (kernels / "spark-k8s-large" / "logo-svg.svg").read_text() == SVG
    assert not list((kernels / "spark-k8s-large").glob("*.png"))
    assert (kernels / "spark-k8s-small" / "logo-svg.svg").read_bytes() == (kernels / "spark-k8s" / "logo-svg.svg").read_bytes()

    before = tree(kernels)
    assert main(install) == 0
    assert tree(kernels) == before

    (kernels / "spark-k8s-mine").mkdir()
    (kernels / "spark-k8s-mine" / "kernel.json").write_text('{"argv": []}')
    profiles(config, large)
    capsys.readouterr()
    assert main(install) == 0
    assert "Removed spark-k8s-small" in capsys.readouterr().out
    assert {path.name for path in kernels.iterdir()} == {"spark-k8s", "spark-local", "spark-k8s-large", "spark-k8s-mine"}

    profiles(config, {"name": "mine"})
    assert main(install) == 1
    assert "is a kernel of somebody else's" in capsys.readouterr().err
    assert (kernels / "spark-k8s-mine" / "kernel.json").read_text() == '{"argv": []}'


def test_a_file_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "share").write_text("")
    assert main(["install", "--prefix", str(tmp_path)]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("jupyter sparkk8s install: ")
    assert errors.count("\n") == 1
