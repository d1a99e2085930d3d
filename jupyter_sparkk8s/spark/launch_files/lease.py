"""Ends a driver that nobody uses: no client is connected for a stated time, and no cell runs. A client that was killed, or
whose machine was, tells nobody; a server that comes back may find its kernels by then, or delete them itself.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_ESTABLISHED = "01"
_EVERY_S = 15.0


def connections(ports: Collection[int]) -> int:
    """How many clients of other hosts are connected to these ports of the pod. Source: proc(5), /proc/net/tcp."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split()[1:4] for line in file][1:]
        except OSError:  # a kernel without IPv6
            continue
        for local, remote, state in rows:
            address, port = local.rsplit(":", 1)
            # A kernel's own threads may be among its clients.
            count += state == _ESTABLISHED and int(port, 16) in ports and remote.rsplit(":", 1)[0] != address
    return count


def wait_until_alone(limit_s: float, connected: Callable[[], bool], busy: Callable[[], bool]) -> None:
    """Return when for ``limit_s`` seconds neither was true."""
    used_at = time.monotonic()
    while time.monotonic() - used_at < limit_s:
        time.sleep(min(limit_s / 4, _EVERY_S))
        if connected() or busy():
            used_at = time.monotonic()


def start(
    limit_s: float,
    connected: Callable[[], bool],
    busy: Callable[[], bool],
    delete_pod: Callable[[], None],
    end_kernel: Callable[[], None],
) -> None:
    """Watch on a thread; at the end delete the pod, or where that is refused end its kernel, which ends the pod."""

    def watch() -> None:
        wait_until_alone(limit_s, connected, busy)
        sys.stderr.write(f"Nobody has been connected for {limit_s:g} s and no cell runs: this driver ends.\n")
        try:
            delete_pod()
        except OSError as error:
            sys.stderr.write(f"Its pod can't be deleted from here: {error}\n")
            end_kernel()

    threading.Thread(target=watch, name="lease", daemon=True).start()
