"""The demo without a browser, as ``make demo HEADLESS=1`` runs it, on a machine without an installed Java."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.local.test_failures import path_without_java

CHECKOUT = Path(__file__).parents[2]


def run_demo(folder: Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "demo", "--headless", "--folder", str(folder)]
    return subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, **(environ or {})}, capture_output=True, text=True, timeout=600
    )


def test_the_notebook_runs_through_server_and_kernel_with_the_java_of_a_python_package(tmp_path: Path) -> None:
    before = sorted((CHECKOUT / "demo").rglob("*.ipynb"))
    environ = {"PATH": path_without_java(tmp_path / "bin"), "JAVA_HOME": ""}
    done = run_demo(tmp_path / "work", environ)
    assert done.returncode == 0, done.stderr
    assert "485,419 stars, asked by Spark" in done.stdout
    assert "white dwarfs" in done.stdout
    plot = Path(done.stdout.rpartition("The plot is in ")[2].strip())
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert plot.parent == tmp_path / "work"
    kept = nbformat.read(tmp_path / "work" / "stars.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert [cell for cell in kept.cells if cell.cell_type == "code" and cell.outputs], "the copy keeps its outputs"
    assert sorted((CHECKOUT / "demo").rglob("*.ipynb")) == before


def test_a_cell_that_fails_is_exit_code_1_with_its_error(tmp_path: Path) -> None:
    notebook = nbformat.read(CHECKOUT / "demo" / "stars.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:1]
    notebook.cells[0].source = "raise RuntimeError('clouds')"
    nbformat.write(notebook, tmp_path / "stars.ipynb")  # type: ignore[no-untyped-call]
    done = run_demo(tmp_path)
    assert done.returncode == 1
    assert "RuntimeError: clouds" in done.stderr


def test_the_bundled_notebook_keeps_no_outputs() -> None:
    notebook = nbformat.read(CHECKOUT / "demo" / "stars.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert notebook.metadata.kernelspec.name == "spark-local"
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
