"""A clean copy of the checkout, and what is built from it; each is made once, since each takes seconds to a minute."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rings.result import CHECKOUT


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """Run a command; its output. A failure shows what it printed."""
    env = {name: value for name, value in os.environ.items() if name != "JUPYTER_PACKAGING_SKIP_NPM"}
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


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean tree; the wheel is built in it first, so that later builds find what a build leaves behind."""
    return copy_of_checkout(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the clean tree in an isolated environment."""
    out = tmp_path_factory.mktemp("wheel")
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
