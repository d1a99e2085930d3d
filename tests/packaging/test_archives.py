"""What is in the wheel and in the sdist, and what is not."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # the first test waits for builds and downloads

JUNK = re.compile(
    r"node_modules|tsbuildinfo|__pycache__|\.py[co]$|(^|/)\.(venv|yarn/|mypy_cache)|(^|/)tests?/|labextension/lib/"
)
SHARE = r"jupyter_sparkk8s-[\d.]+\.data/data/share/jupyter/"
ETC = r"jupyter_sparkk8s-[\d.]+\.data/data/etc/jupyter/"
WANTED = [
    *(SHARE + rf"kernels/{kernel}/{re.escape(name)}"
      for kernel in ("spark-k8s", "spark-local")
      for name in ("kernel.json", "logo-svg.svg", "logo-32x32.png", "logo-64x64.png")),
    SHARE + r"labextensions/jupyter-sparkk8s/package\.json",
    SHARE + r"labextensions/jupyter-sparkk8s/install\.json",
    SHARE + r"labextensions/jupyter-sparkk8s/static/style\.js",
    SHARE + r"labextensions/jupyter-sparkk8s/schemas/jupyter-sparkk8s/panel\.json",
    SHARE + r"labextensions/jupyter-sparkk8s/static/remoteEntry\.\w+\.js",
    ETC + r"jupyter_server_config\.d/jupyter_sparkk8s\.json",
    r"jupyter_sparkk8s/py\.typed",
    r"jupyter_sparkk8s-[\d.]+\.dist-info/entry_points\.txt",
    r"jupyter_sparkk8s-[\d.]+\.dist-info/licenses/LICENSE",
]  # fmt: skip


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_all_that_jupyter_looks_for(wheel: Path) -> None:
    found = names(wheel)
    assert [pattern for pattern in WANTED if not any(re.fullmatch(pattern, name) for name in found)] == []


def test_the_wheel_holds_every_file_of_the_package(wheel: Path, tree: Path) -> None:
    sources = (path for path in (tree / "jupyter_sparkk8s").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {str(path.relative_to(tree)) for path in sources} - set(names(wheel)) == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    allowed = re.compile(r"jupyter_sparkk8s(/|-[\d.]+\.(data|dist-info)/)")
    assert [name for name in names(wheel) if not allowed.match(name) or JUNK.search(name)] == []


def test_the_panel_s_entry_is_the_one_that_its_package_names(wheel: Path) -> None:
    folder = f"{wheel.name.rsplit('-', 3)[0]}.data/data/share/jupyter/labextensions/jupyter-sparkk8s"
    with zipfile.ZipFile(wheel) as archive:
        build = json.loads(archive.read(f"{folder}/package.json"))["jupyterlab"]["_build"]
        entries = [name for name in archive.namelist() if re.search(r"data/.*/remoteEntry\.\w+\.js$", name)]
    assert entries == [f"{folder}/{build['load']}"]


def test_the_sdist_holds_sources_and_no_output(sdist_and_wheel: tuple[Path, Path], tree: Path) -> None:
    assert (tree / "labextension" / "node_modules").is_dir(), "the sdist must be made in a tree that has been built in"
    with tarfile.open(sdist_and_wheel[0]) as archive:
        found = [name.partition("/")[2] for name in archive.getnames()]
    assert [name for name in found if JUNK.search(name) and not name.startswith("labextension/tests")] == []
    assert [name for name in found if name.startswith("jupyter_sparkk8s/labextension")] == []
    assert {"labextension/src/index.ts", "labextension/yarn.lock", "build_backend/wheel_data.py", "LICENSE"} <= set(found)


def test_the_wheel_from_the_sdist_is_the_same(sdist_and_wheel: tuple[Path, Path], wheel: Path) -> None:
    # The bundler's hashes of contents depend on the folder that it runs in.
    from_sdist, from_tree = (
        [re.sub(r"\.[0-9a-f]{16}\.js$", ".js", name) for name in names(one)] for one in (sdist_and_wheel[1], wheel)
    )
    assert sorted(from_sdist) == sorted(from_tree)
