"""The feed as a browser's tab has it, without a browser: counts what comes, keeps the state that it makes, and when."""

from __future__ import annotations

import json
import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import websocket

from jupyter_sparkk8s.monitor.patch import apply
from tests.support.feed import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import JupyterServer

WAIT_S = 300.0


class Tab:
    """Looks at one kernel as a visible panel does. Use with ``with``. A thread reads, and answers the server's pings."""

    def __init__(self, server: JupyterServer, kernel_id: str) -> None:
        self._server, self._kernel_id = server, kernel_id
        self._known: dict[str, Any] = {}
        self._changed = threading.Condition()
        self.received = 0
        """Bytes of all frames."""
        self.frames = 0
        self.states: queue.Queue[tuple[str, float]] = queue.Queue()
        """Each change of an executor's state, "id state", and when its frame came (``time.perf_counter()``)."""

    def __enter__(self) -> Tab:
        self._socket = connect(self._server)
        self._socket.settimeout(None)
        for request in ({"type": "watch", "kernel": self._kernel_id}, {"type": "visible", "visible": True}):
            self._socket.send(json.dumps(request))
        threading.Thread(target=self._read, name="tab", daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def until(self, so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until the kernel is so; what is then known of it."""
        with self._changed:
            assert self._changed.wait_for(lambda: so(self._known), WAIT_S), f"not so within {WAIT_S:.0f} s"
            return self._known

    def _read(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while text := str(self._socket.recv()):  # empty: the server has closed it
                at = time.perf_counter()
                self._take(json.loads(text), len(text.encode()), at)

    def _take(self, frame: dict[str, Any], size: int, at: float) -> None:
        patch = frame["kernels"].get(self._kernel_id) or {}
        with self._changed:
            self.received += size
            self.frames += 1
            self._known = apply(patch, self._known)
            self._changed.notify_all()
        if frame["type"] == "delta":
            for name, executor in patch.get("executors", {}).items():
                if executor and "state" in executor:
                    self.states.put((f"{name} {executor['state']}", at))
