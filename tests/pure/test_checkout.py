"""What must say the same in two places, and what must be in no committed file."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from jupyter_sparkk8s import __version__
from tests.rings.result import CHECKOUT

MAX_LINES = 300
SOURCES = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".go", ".sh", ".bash", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := CHECKOUT / name).is_file()]


def test_the_panel_has_the_package_s_version() -> None:
    assert json.loads((CHECKOUT / "labextension" / "package.json").read_text())["version"] == __version__


@pytest.mark.parametrize("name", ["spark-k8s", "spark-local"])
def test_a_kernelspec_names_its_provisioner_and_leaves_administrators_settings_alone(name: str) -> None:
    spec = json.loads((CHECKOUT / "kernelspecs" / name / "kernel.json").read_text())
    assert spec["interrupt_mode"] == "message"
    assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == name
    assert not spec["metadata"]["kernel_provisioner"].get("config"), "a kernelspec's config overrides an administrator's"


def test_no_source_file_is_longer_than_a_reader_s_patience() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in tracked() if path.suffix in SOURCES}
    assert {str(path): lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_lock_files_name_packages_and_no_addresses() -> None:
    locks = [path for path in tracked() if path.name in ("yarn.lock", "package-lock.json", "uv.lock")]
    assert locks
    assert [path.name for path in locks if re.search(r"https?://|git\+|resolved", path.read_text())] == []
