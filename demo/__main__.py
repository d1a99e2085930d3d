"""``python -m demo`` opens the notebook in JupyterLab; ``--headless`` runs it through the same server and prints its result.
Other arguments go to JupyterLab. The notebook is a copy in a new folder, so that the checkout stays clean.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from .headless import show
from .server import as_root

NOTEBOOK = Path(__file__).parent / "stars.ipynb"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description="Half a million stars in a Spark notebook.")
    parser.add_argument("--headless", action="store_true", help="no browser: run the notebook, print its result, exit 0 or 1")
    parser.add_argument("--folder", type=Path, help="where the notebook and its files go (default: a new temporary folder)")
    arguments, others = parser.parse_known_args()
    folder = Path(arguments.folder or tempfile.mkdtemp(prefix="stars-")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    notebook = folder / NOTEBOOK.name
    if not notebook.exists():
        shutil.copyfile(NOTEBOOK, notebook)
    if arguments.headless:
        code = asyncio.run(show(notebook, others))
        if arguments.folder is None:  # what stays in a temporary folder is the result, not the data
            shutil.rmtree(folder / "stars.parquet", ignore_errors=True)
        return code
    return open_in_lab(notebook, others)


def open_in_lab(notebook: Path, arguments: list[str]) -> int:
    """JupyterLab in this process, until it is shut down."""
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    print(f"The notebook and its files are in {notebook.parent}; they stay when JupyterLab ends.")
    os.chdir(notebook.parent)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    LabApp.launch_instance([f"--LabApp.default_url=/lab/tree/{notebook.name}", *as_root(), *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(main())
