"""The demo without a browser, as ``make demo HEADLESS=1`` runs it, on a machine without an installed Java."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

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


def test_jupyterlab_opens_on_a_copy_of_the_notebook(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "demo", "--folder", str(tmp_path / "work"), "--no-browser", f"--port={port}"]
    environ = {**os.environ, "JUPYTER_TOKEN": "t", "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "PYTHONUNBUFFERED": "1"}
    with (tmp_path / "output").open("wb") as output:
        lab = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=output, stderr=subprocess.STDOUT)
    try:
        opened, until = "", time.monotonic() + 60
        while not opened:
            assert lab.poll() is None, (tmp_path / "output").read_text()
            assert time.monotonic() < until, (tmp_path / "output").read_text()
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/?token=t") as answer:
                opened = answer.url
        assert "/lab/tree/stars.ipynb" in opened
        assert (tmp_path / "work" / "stars.ipynb").exists()
    finally:
        lab.terminate()
        lab.wait(30)
    assert str(tmp_path / "work") in (tmp_path / "output").read_text()
