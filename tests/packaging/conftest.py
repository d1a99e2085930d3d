"""A clean copy of the checkout, and what is built from it; each is made once, since each takes seconds to a minute."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rings.result import CHECKOUT


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """Run a command; its output. A failure shows what it printed."""
    env = {name: value for name, value in os.environ.items() if name not in ("JUPYTER_PACKAGING_SKIP_NPM", "PYTHONPATH")}
    done = subprocess.run(words, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


def copy_of_checkout(folder: Path) -> Path:
    """The files that git knows or would take, as they are now: what a fresh clone has, plus what is not committed yet."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT)
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    return folder


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Whether it is to be made now: the other process that runs tests waits here, and finds it then."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not folder.exists()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run for all processes that run its tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def tree(shared: Path) -> Path:
    """A clean tree; the wheel is built in it first, so that later builds find what a build leaves behind."""
    folder = shared / "tree"
    with made_once(folder) as new:
        return copy_of_checkout(folder) if new else folder


@pytest.fixture(scope="session")
def wheel(tree: Path, shared: Path) -> Path:
    """The wheel, built from the clean tree in an isolated environment."""
    out = shared / "wheel"
    with made_once(out) as new:
        if new:
            run(sys.executable, "-m", "build", "--wheel", "--outdir", out, tree)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def sdist_and_wheel(tree: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist of a tree in which a wheel has been built, and the wheel built from that sdist alone."""
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--outdir", out, tree)
    (sdist,), (built,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, built


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with JupyterLab and nothing of ours; its bin directory."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "jupyterlab>=4.6,<5")
    return folder / "bin"
