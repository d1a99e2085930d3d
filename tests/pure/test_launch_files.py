"""Files that run in any image: syntax and modules of Python 3.8, and nothing that an image need not have."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sparkk8s.spark import launch_files

FILES = [file for file in sorted(Path(launch_files.__file__).parent.glob("*.py")) if file.name != "__init__.py"]
# SPARKK8S_TEST_PYTHONS: further interpreters (paths, separated by colons), for instance the oldest that is supported.
PYTHONS = [sys.executable, *filter(None, os.environ.get("SPARKK8S_TEST_PYTHONS", "").split(":"))]
RUN = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='imported')"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_the_syntax_is_python_3_8_s(file: Path) -> None:
    """Anything newer ends the pod of an older image at once."""
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_it_is_imported_without_this_package_and_without_any_other(file: Path, python: str) -> None:
    subprocess.run([python, "-I", "-S", "-W", "error", "-c", RUN, str(file)], check=True, cwd="/")


def test_all_of_them_are_known() -> None:
    assert {"start.py", "kernel.py", "executor.py"} < {file.name for file in FILES}
    for file in FILES:
        assert launch_files.launch_file(file.name) == file.read_text(encoding="utf-8")
