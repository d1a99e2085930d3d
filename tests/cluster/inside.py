"""Runs in a pod of the cluster: a Jupyter server there, one kernel of it, then a notebook without a server, and one line of
JSON about all.

Files that the test puts beside it: the server's packages, this repository's package and the tests' client.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.notebook import Notebook
from tests.support.server import JupyterServer


def main(config: str, kernels: str) -> None:
    folder = Path(tempfile.mkdtemp())
    # The server's own packages are not for its kernels: nothing of this environment may reach them.
    environ = {"PYTHONPATH": os.environ["PYTHONPATH"], "JUPYTER_PATH": str(Path(kernels).parent), "NOT_FOR_KERNELS": "1"}
    with JupyterServer(folder, Path(config).read_text(), environ) as server:
        notebook = Notebook(server)
        (connection,) = (json.loads(path.read_text()) for path in (folder / "runtime").glob("kernel-*.json"))
        code = "import json, os; print(json.dumps([os.environ['POD_IP'], os.environ.get('NOT_FOR_KERNELS')]))"
        address, leaked = json.loads(notebook.run(code))
        total = notebook.run("print(spark.range(1000).selectExpr('sum(id)').first()[0])", timeout_s=200)
        notebook.restart()
        again = notebook.run("print(6 * 7)")
        notebook.close()
        said: dict[str, Any] = {"server_ip": connection["ip"], "pod_ip": address, "leaked": leaked}
        said |= {"sum": int(total), "again": int(again)}
    print(json.dumps(said | {"executed": execute(folder, Path(config).read_text(), environ)}))


def execute(folder: Path, config: str, environ: dict[str, str]) -> str:
    """What a notebook's cell prints that `jupyter execute` runs here, with the same settings in the file for all clients."""
    (folder / "client").mkdir()
    (folder / "client" / "jupyter_sparkk8s_config.py").write_text(config)
    metadata = {"kernelspec": {"name": "spark-k8s", "display_name": "", "language": "python"}}
    cell: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = "import os; print(os.environ['POD_IP'])"
    book = folder / "book.ipynb"
    book.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", str(book), "--inplace"]
    subprocess.run(command, env={**os.environ, **environ, "JUPYTER_CONFIG_DIR": str(folder / "client")}, check=True)
    (output,) = json.loads(book.read_text())["cells"][0]["outputs"]
    return "".join(output["text"])


if __name__ == "__main__":
    main(*sys.argv[1:])
