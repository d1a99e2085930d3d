"""A client of the monitor's feed, as the panel is one: keeps what the server has told, by merging what comes."""

from __future__ import annotations

import json
import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import jsonschema
import websocket

from jupyter_sparkk8s.monitor.patch import apply
from jupyter_sparkk8s.monitor.schema import feed_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from .server import JupyterServer


_VALIDATOR = jsonschema.Draft202012Validator(feed_schema())  # made once: checking the schema itself costs most


def connect(server: JupyterServer, **options: Any) -> websocket.WebSocket:
    """A websocket to the feed."""
    url = f"{server.url.replace('http', 'ws', 1)}sparkk8s/api/feed"
    return websocket.create_connection(url, header=[f"Authorization: token {server.token}"], timeout=60, **options)


class Feed:
    """Use with ``with``. Each frame that comes, and each state that it makes, must follow the schema. A thread reads all the
    time: the server hangs up on who does not answer its pings.
    """

    def __init__(self, server: JupyterServer) -> None:
        self._server = server
        self.kernels: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self._came: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Feed:
        self._socket = connect(self._server)
        self._socket.settimeout(None)
        threading.Thread(target=self._read, name="feed", daemon=True).start()
        self._snapshot = self._receive(60)
        assert self._snapshot["type"] == "snapshot"
        self.kernels = self._snapshot["kernels"]
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def _read(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while True:
                self._came.put(str(self._socket.recv()))

    def send(self, **request: Any) -> None:
        _VALIDATOR.validate(request)
        self._socket.send(json.dumps(request))

    def until(self, kernel_id: str, condition: Callable[[dict[str, Any]], object], timeout_s: float = 90) -> dict[str, Any]:
        """Read on until a kernel is so; what is then known of it. An empty dict stands for one that isn't there."""
        end = time.monotonic() + timeout_s
        while not condition(self.kernels.get(kernel_id, {})):
            left = end - time.monotonic()
            assert left > 0, f"not so within {timeout_s} s: {json.dumps(self.kernels.get(kernel_id), indent=1)}"
            try:
                frame = self._receive(left)
            except queue.Empty:
                continue
            assert frame["type"] == "delta"
            self.kernels = apply(frame["kernels"], self.kernels)
            _VALIDATOR.validate({**self._snapshot, "kernels": self.kernels})
        found: dict[str, Any] = self.kernels.get(kernel_id, {})
        return found

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._came.get(timeout=timeout_s))
        _VALIDATOR.validate(frame)
        self.frames.append(frame)
        return frame
