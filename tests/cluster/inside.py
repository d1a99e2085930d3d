"""Runs in a pod of the cluster: a Jupyter server there, one kernel of it, and one line of JSON about both.

Files that the test puts beside it: the server's packages, this repository's package and the tests' client.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

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
        said = {"server_ip": connection["ip"], "pod_ip": address, "leaked": leaked, "sum": int(total), "again": int(again)}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
