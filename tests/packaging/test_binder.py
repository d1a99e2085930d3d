"""What Binder does with ``binder/``, step by step, in a fresh environment without Node and Java: then the demo runs.

Left out: apt.txt, which there is none of, and conda, which would bring the Python that runtime.txt names.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from demo.headless import run as run_notebook
from demo.server import JupyterServer
from tests.packaging.conftest import copy_of_checkout, run

ABSENT = {"java", "node", "npm", "npx", "yarn", "corepack"}


def path_without(absent: set[str], folder: Path) -> str:
    """A PATH with all that this one has, but for some programs."""
    folder.mkdir()
    for directory in reversed(os.environ["PATH"].split(os.pathsep)):
        for entry in Path(directory).iterdir() if Path(directory).is_dir() else ():
            if entry.name not in absent:
                (folder / entry.name).unlink(missing_ok=True)
                (folder / entry.name).symlink_to(entry)
    return str(folder)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as Binder clones it."""
    return copy_of_checkout(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def built(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of an image in which requirements.txt is installed and postBuild has run."""
    folder = tmp_path_factory.mktemp("binder")
    run(sys.executable, "-m", "venv", folder / "venv")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JAVA_HOME", "PYTHONPATH"))}
    environ["PATH"] = f"{folder / 'venv' / 'bin'}{os.pathsep}{path_without(ABSENT, folder / 'bin')}"
    for name in ("CONFIG", "DATA"):
        environ[f"JUPYTER_{name}_DIR"] = str(folder / name.lower())
    for step in (["python", "-m", "pip", "install", "-r", "binder/requirements.txt"], ["binder/postBuild"]):
        done = subprocess.run(step, cwd=repository, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{step}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return environ


@pytest.mark.timeout(1500)
def test_the_demo_runs_in_what_binder_builds(repository: Path, built: dict[str, str]) -> None:
    async def start_and_run() -> tuple[str, list[Path]]:
        command = ["binder/start", "jupyter", "lab"]
        async with JupyterServer(repository, environ=built, command=command, cwd=repository) as server:
            opened = await asyncio.to_thread(lambda: urlopen(f"{server.client.url}/?token={server.token}").url)
            notebook = repository / "demo" / "stars.ipynb"
            return opened, await run_notebook(server.client, notebook, "demo/stars.ipynb", time.monotonic())

    opened, images = asyncio.run(start_and_run())
    assert re.search(r"/lab/tree/demo/stars\.ipynb", opened)
    assert images[0].read_bytes().startswith(b"\x89PNG")


def test_the_panel_is_part_of_it(built: dict[str, str]) -> None:
    said = subprocess.run(["jupyter", "labextension", "list"], env=built, capture_output=True, text=True, check=True)
    assert re.search(r"jupyter-sparkk8s v[\d.]+ .*enabled.*OK", said.stdout + said.stderr)


def test_binder_s_files_are_those_that_it_looks_for(repository: Path) -> None:
    for name in ("postBuild", "start"):
        assert os.access(repository / "binder" / name, os.X_OK)
    assert re.fullmatch(r"python-3\.1[0-9]\n", (repository / "binder" / "runtime.txt").read_text())
