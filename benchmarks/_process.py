"""What a server's process has used so far. Source: proc(5)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.server import JupyterServer


def processor_s(server: JupyterServer) -> float:
    """Processor time of the server's process so far."""
    fields = _proc(server, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(server: JupyterServer) -> int:
    """Resident memory of the server's process."""
    return int(_proc(server, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _proc(server: JupyterServer, name: str) -> str:
    assert server.process is not None
    return Path(f"/proc/{server.process.pid}/{name}").read_text()
