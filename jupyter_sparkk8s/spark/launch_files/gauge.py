"""Tells how much memory the driver's container holds, and what Kubernetes says where it refuses executors, to who shows that it
has this launch's key: the figure that Kubernetes compares with the limit, and the answers that Spark gets, are nowhere else but
behind rights that the server has not. Nothing is read while nobody asks.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_CGROUP = "/sys/fs/cgroup"
# What is in use, and the line of the other file that says which part is file cache that goes first: cgroup v2, then v1.
# Kubernetes counts the difference ("working set"). Source: cgroups(7), and the kubelet's memory.available.
_COUNTS = (
    ("memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)
_PROOF_BYTES = 32
_PATIENCE_S = 2.0
# Spark asks again each second, and its log is read each 2.5 s: what was seen last before that does not hold any more.
_HOLDS_S, _LONGEST = 15.0, 2000


def working_set(folder: str = _CGROUP) -> int | None:
    """Bytes that this container holds and can't give back at once; None where nobody counts."""
    for current, stat, cache in _COUNTS:
        try:
            with open(os.path.join(folder, current)) as file:
                used = int(file.read())
            with open(os.path.join(folder, stat)) as file:
                counts = dict(line.split(None, 1) for line in file)
            return max(0, used - int(counts.get(cache, 0)))
        except (OSError, ValueError):
            continue
    return None


def refused() -> str:
    """What Kubernetes says to executors that it refuses now; empty where it refuses none. ``executor_watch.py`` writes it."""
    path = os.environ.get("SPARKK8S_REFUSED", "")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LONGEST) if time.time() - os.path.getmtime(path) < _HOLDS_S else ""
    except (OSError, ValueError):
        return ""


def start(listener: socket.socket, key: str) -> None:
    """Answer on a thread, one client after the other, for as long as the process lives."""
    threading.Thread(target=_serve, args=(listener, key), name="gauge", daemon=True).start()


def _serve(listener: socket.socket, key: str) -> None:
    while True:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_PATIENCE_S)
            _answer(connection, key)


def _answer(connection: socket.socket, key: str) -> None:
    """Eight bytes and a text, for the hash of the key; else nothing."""
    import hashlib  # not needed before somebody looks, and slow to import while the kernel starts
    import hmac

    shown = b""
    while len(shown) < _PROOF_BYTES and (data := connection.recv(_PROOF_BYTES - len(shown))):
        shown += data
    used = working_set()
    if used is not None and hmac.compare_digest(shown, hashlib.sha256(key.encode()).digest()):
        connection.sendall(struct.pack("!Q", used) + refused().encode())
