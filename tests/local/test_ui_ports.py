"""Where the Spark UI of a driver on this machine is looked for: at its JVM's ports, and nowhere in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_sparkk8s.backends.local_processes import listening_ports

if TYPE_CHECKING:
    from tests.support.notebook import Notebook

# pyspark's own server, which writes a traceback into the cell where something else connects, and a user's.
LISTENS = """
import os, socket
mine = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), sc.uiWebUrl.rpartition(":")[2], mine.getsockname()[1], sc._accumulatorServer.server_address[1])
"""


def test_nothing_but_jvms_is_asked_for_a_spark_ui(notebook: Notebook) -> None:
    leader, ui, mine, accumulators = map(int, notebook.run(LISTENS).split())
    ports = listening_ports(leader)
    assert ui in ports
    assert not {mine, accumulators} & set(ports)
