"""Jupyter's session routes for starts that outlast their request: a proxy cuts it after a minute or so, and the client asks
again. Then it joins the start under way, instead of a second kernel being made beside one that nobody sees.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.services.sessions import handlers as core
from tornado import web

from ..provisioner.provisioners import is_ours
from ..provisioner.registry import shared_starts
from ..provisioner.report import session_path
from .body import BodyHandler


@dataclass
class Starting:
    """A kernel that starts for a path or a session. ``done`` tells of its end: the error of a start that failed, or None."""

    kernel_name: str
    kernel_id: str = ""
    done: asyncio.Future[web.HTTPError | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class SessionRootHandler(BodyHandler, core.SessionRootHandler):
    """POST: where a kernel of ours starts for the same path, the same kernel is waited for; another one takes its place."""

    async def post(self) -> None:
        """See above."""
        model = self.get_json_body() or {}
        path, kernel = str(model.get("path")), model.get("kernel") or {}
        name = kernel.get("name") or self.kernel_manager.default_kernel_name
        while path in _starting(self):
            await ensure_async(self._settle(_starting(self)[path], name, kernel.get("id")))
        if not is_ours(self.kernel_spec_manager, name) or (kernel.get("id") or "") in self.kernel_manager:
            await ensure_async(super().post())
            return
        own = _starting(self)[path] = Starting(name, kernel.get("id") or str(uuid4()))
        model["kernel"] = {**kernel, "name": name, "id": own.kernel_id}
        failure = None
        session_path.set(_place(model))
        try:
            await ensure_async(super().post())
        except web.HTTPError as error:
            failure = error
            raise
        finally:
            del _starting(self)[path]
            own.done.set_result(failure)

    @web.authenticated
    @authorized
    async def _settle(self, first: Starting, name: str, kernel_id: str | None) -> None:
        """Return when the start that came first has ended. Raises its error for who wants the same kernel."""
        is_same = name == first.kernel_name and kernel_id in (None, first.kernel_id)
        if not is_same:
            await shared_starts(self.settings["serverapp"]).cancel(first.kernel_id)
        failure = await asyncio.shield(first.done)
        if is_same and failure is not None and failure.status_code >= 500:
            raise web.HTTPError(failure.status_code, failure.log_message)


class SessionHandler(core.SessionHandler):
    """PATCH with a kernel of ours: one after the other for each session, and the same kernel only once. Of two at the same time
    the first would be left alive with no session.
    """

    async def patch(self, session_id: str) -> None:
        """See above."""
        kernel = (self.get_json_body() or {}).get("kernel") or {}
        name = kernel.get("name")
        if kernel.get("id") or not name or not is_ours(self.kernel_spec_manager, name):
            await ensure_async(super().patch(session_id))
            return
        while (first := _starting(self).get(session_id)) is not None:
            await ensure_async(self._join(first))
            if name == first.kernel_name:
                await ensure_async(self.get(session_id))
                return
        own = _starting(self)[session_id] = Starting(name)
        try:
            await ensure_async(self._note_path(session_id))
            await ensure_async(super().patch(session_id))
        finally:
            del _starting(self)[session_id]
            own.done.set_result(None)

    @web.authenticated
    @authorized
    async def _note_path(self, session_id: str) -> None:
        """So that the start is known as this session's."""
        manager: Any = self.session_manager
        session_path.set(_place(await manager.get_session(session_id=session_id)))

    @web.authenticated
    @authorized
    async def _join(self, first: Starting) -> None:
        """Return when the start that came first has ended."""
        await asyncio.shield(first.done)


def _place(model: dict[str, Any]) -> str:
    """Where a session's document is: JupyterLab gives it a random name in the right folder until the kernel is there."""
    path, name = str(model.get("path")), model.get("name")
    return "/".join(filter(None, [path.rpartition("/")[0], str(name)])) if name else path


def _starting(handler: core.SessionsAPIHandler) -> dict[str, Starting]:
    """Of this server: by path of a new session, or by id of one that gets another kernel."""
    known: dict[str, Starting] = handler.settings["sparkk8s_starting"]
    return known


HANDLERS = [(r"/api/sessions", SessionRootHandler), (rf"/api/sessions/{core._session_id_regex}", SessionHandler)]
