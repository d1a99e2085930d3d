"""The monitor's feed: one websocket for each open panel, a snapshot first and then what changes. A client that is slow to read
gets fewer and larger deltas: each is what has changed since the last frame that it took, and nothing waits in a queue.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.services.kernels.handlers import AUTH_RESOURCE
from tornado import web, websocket

from .._version import __version__
from ..monitor.patch import difference
from .ui_headers import base_url_warning

if TYPE_CHECKING:
    from ..models.driver import JsonObject
    from ..monitor.monitor import Monitor, Viewer
    from ..tasks import Tasks

# What changes within this time goes as one frame.
_GATHER_S = 0.05
_FIRST_S = 1.0  # for the first look at each kernel, before the snapshot
_LARGEST_REQUEST = 10_000  # bytes


class FeedHandler(WebSocketMixin, websocket.WebSocketHandler, JupyterHandler):
    """See above. Jupyter's own pings keep it open through proxies; it does not count as activity."""

    auth_resource = AUTH_RESOURCE
    _viewer: Viewer | None = None

    def skip_check_origin(self) -> bool:
        """Never, not even for who shows a token: the panel comes from this server."""
        return False

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the websocket for who is logged in and may see kernels. Tornado asks for the origin."""
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", AUTH_RESOURCE)):
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    @property
    def _monitor(self) -> Monitor:
        monitor: Monitor = self.settings["sparkk8s_monitor"]
        return monitor

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin to send."""
        super().open()
        self._viewer = self._monitor.join()
        tasks: Tasks = self.settings["sparkk8s_tasks"]
        self._sender = tasks.start(self._send(self._viewer), "feed")

    async def on_message(self, message: str | bytes) -> None:
        """What the client looks at. What is no request of the schema's is left alone."""
        viewer = self._viewer
        if viewer is None or len(message) > _LARGEST_REQUEST:
            return
        try:
            request = json.loads(message)
            kind, kernel = request["type"], request.get("kernel")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return
        if kind == "watch" and (kernel is None or isinstance(kernel, str)):
            self._monitor.look(viewer, watched=kernel, visible=viewer.visible)
        elif kind == "visible":
            self._monitor.look(viewer, watched=viewer.watched, visible=request.get("visible") is True)
        elif kind == "dismiss" and isinstance(kernel, str):
            self._monitor.dismiss(kernel)

    def on_close(self) -> None:
        """The client has gone."""
        if self._viewer is not None:
            self._sender.cancel()
            self._monitor.leave(self._viewer)
            self._viewer = None

    async def _send(self, viewer: Viewer) -> None:
        try:
            await self._monitor.first_views(_FIRST_S)
            sent = self._monitor.kernels
            await self._write({"type": "snapshot", "version": 1, "server": self._about(), "kernels": sent})
            while True:
                await viewer.changed.wait()
                await asyncio.sleep(_GATHER_S)
                viewer.changed.clear()
                now = self._monitor.kernels
                if change := difference(sent, now):
                    await self._write({"type": "delta", "kernels": change})
                sent = now
        except (websocket.WebSocketClosedError, OSError):
            return

    async def _write(self, frame: JsonObject) -> None:
        """Returns when the connection has taken it."""
        await self.write_message(json.dumps({**frame, "time": round(time.time(), 3)}, separators=(",", ":")))

    def _about(self) -> JsonObject:
        about = {"server_version": __version__}
        warning = base_url_warning(self.base_url)
        return {**about, "ui_warning": warning} if warning else about


HANDLERS = [(r"/sparkk8s/api/feed", FeedHandler)]
