"""What a Jupyter server tells on its event system, as a client of it hears it."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import websocket

if TYPE_CHECKING:
    from tests.support.server import JupyterServer


class Events:
    """Subscribed from now on; ``close()`` at the end."""

    def __init__(self, server: JupyterServer) -> None:
        url = f"{server.url.replace('http', 'ws', 1)}api/events/subscribe"
        self._socket = websocket.create_connection(url, header=[f"Authorization: token {server.token}"], timeout=120)
        self.heard: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._listen, name="events", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            while text := self._socket.recv():
                self.heard.append(json.loads(text))
        except (OSError, websocket.WebSocketException):
            return

    def of(self, kind: str, kernel_id: str = "") -> list[dict[str, Any]]:
        """Ours of a kind ("start", "death"), of one kernel or of all."""
        ours = [event for event in self.heard if event["schema_id"].endswith(f"/kernel_{kind}/v1")]
        return [event for event in ours if kernel_id in ("", event["kernel_id"])]

    def phases(self, kernel_id: str) -> list[str]:
        """Those of a kernel's starts."""
        return [event["phase"] for event in self.of("start", kernel_id)]

    def close(self) -> None:
        """Hear no more."""
        self._socket.abort()  # type: ignore[no-untyped-call] # wakes the thread that waits, which shutdown does not
        self._thread.join(10)
        self._socket.shutdown()  # type: ignore[no-untyped-call]
