"""What the operating system says of a kernel: its processes, where they listen, what it left in the temporary directory.
Asks ``ps`` and the kernel's own files, not the code under test.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path


def _ps(columns: str) -> list[str]:
    return subprocess.run(["ps", "-A", "-ww", "-o", columns], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


def of_session(leader: int) -> dict[int, str]:
    """Command lines of a session's living processes, by process id."""
    found = {}
    for line in _ps("pid=,sess=,stat=,args="):
        pid, session, state, *args = line.split(None, 3)
        if int(session) == leader and not state.startswith("Z"):
            found[int(pid)] = "".join(args)
    return found


def assert_gone(leader: int, within_s: float) -> None:
    """Fail where a process of the session is left after ``within_s`` seconds."""
    assert leader, "no process"
    until = time.monotonic() + within_s
    while left := of_session(leader):
        assert time.monotonic() < until, f"left after {within_s} s: {left}"
        time.sleep(0.05)


def listening_addresses(pid: int) -> set[str]:
    """Addresses (hexadecimal, as in ``/proc/net/tcp``) at which a process listens. Linux only."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink()) if link.is_symlink() else ""
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.add(fields[1].split(":")[0])
    return addresses


def private_directories(kernel_id: str) -> list[Path]:
    """Directories that launches of a kernel have in the temporary directory."""
    return sorted(Path(tempfile.gettempdir()).glob(f"sparkk8s-local-{kernel_id[:8]}-*"))


def running_in(directory: Path) -> int:
    """The kernel process that runs in a private directory; 0 for none."""
    return next((int(line.split()[0]) for line in _ps("pid=,args=") if f"{directory}/kernel.py" in line), 0)
