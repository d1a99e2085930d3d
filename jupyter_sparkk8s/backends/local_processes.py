"""Finds and ends all processes of one kernel: itself, its JVM, Spark's executors and their Python workers.

The kernel leads a session; all are in it, also those that made a process group of their own or lost their parent.
A program that a user starts in a session of its own is meant to outlive the kernel, and is left alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..spark.ui_door import FIRST_PORT, PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")


def session_members(session: int) -> list[int]:
    """Ids of a session's processes that have not ended."""
    return [pid for pid, ended in _members(session) if not ended]


def signal_session(session: int, signum: int) -> list[int]:
    """Send a signal to all processes of a session; those that it was sent to."""
    members = session_members(session)
    for pid in members:
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
    return members


def signal_group(leader: int, signum: int) -> None:
    """Send a signal to a process group that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signum)


def listening_ports(session: int) -> list[int]:
    """TCP ports that a session's JVMs listen on: those of Spark's UI first. What else listens has no UI, and may take a
    connection amiss: pyspark's server of accumulators writes a traceback into the cell. Blocks for some milliseconds.
    """
    import psutil  # ipykernel brings it, which this backend can't do without

    ports = set()
    for pid in session_members(session):
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.name() == "java":
                ports |= {each.laddr.port for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
    return sorted(ports, key=lambda port: (port not in range(FIRST_PORT, FIRST_PORT + PORTS), port))


def memory_of_session(session: int) -> int:
    """Bytes of memory that a session's processes hold; pages that several share count once for each. Blocks."""
    import psutil

    held = 0
    for pid in session_members(session):
        with suppress(psutil.Error):
            held += psutil.Process(pid).memory_info().rss
    return held


async def end_session(session: int, grace_s: float) -> None:
    """Return when no process is left of a session whose leader has ended and was waited for: the others are asked to
    end, and killed after ``grace_s`` seconds.
    """
    deadline = time.monotonic() + grace_s
    signum: int = signal.SIGTERM
    while await asyncio.to_thread(_signal_rest, session, signum):
        await asyncio.sleep(0.05)
        signum = signal.SIGKILL if time.monotonic() > deadline else 0


def _signal_rest(session: int, signum: int) -> bool:
    """Signal what is left of a session without its leader; whether anything was."""
    members = list(_members(session))
    if any(pid == session for pid, _ in members):
        return False  # the leader is gone, so this is a stranger's session that was given the same number
    for pid, ended in members:
        with suppress(ProcessLookupError, ChildProcessError):
            if ended:  # an orphan that came to us, as it does where this process is a container's first
                os.waitpid(pid, os.WNOHANG)
            else:
                os.kill(pid, signum)
    return any(not ended for _, ended in members)


def _members(session: int) -> Iterator[tuple[int, bool]]:
    """Id of each process of a session, and whether it has ended without being waited for."""
    for pid, state in _processes():
        with suppress(OSError):  # it has gone meanwhile
            if os.getsid(pid) == session:
                yield pid, state == "Z"


def _processes() -> Iterator[tuple[int, str]]:
    """Id and state, as ``ps`` writes it, of all processes."""
    if not (_PROC / "self" / "stat").exists():
        listing = subprocess.run(["ps", "-A", "-o", "pid=,stat="], stdout=subprocess.PIPE, check=True).stdout.decode()
        for line in listing.splitlines():
            number, state = line.split(None, 1)
            yield int(number), state[0]
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(errors="replace")
            except OSError:
                continue
            yield int(entry.name), stat.rpartition(")")[2].split()[0]  # the name, in brackets, may hold anything
