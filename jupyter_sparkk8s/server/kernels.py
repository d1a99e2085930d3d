"""Routes about kernels: ours, by which a start is cancelled and a kernel's death explained, and Jupyter's own where they know
nothing of a start that takes long. For kernels of other provisioners Jupyter's do what they always did.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from uuid import uuid4

from jupyter_client.jsonutil import json_default
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels import handlers as core
from tornado import web

from ..errors import SparkK8sError
from ..provisioner.pending import is_ending, restart_under_way
from ..provisioner.provisioners import is_ours
from ..provisioner.registry import shared_lives, shared_starts
from .body import BodyHandler

if TYPE_CHECKING:
    from ..provisioner.pending import Restart
    from ..provisioner.starts import Starts
    from ..tasks import Tasks

KERNEL = core._kernel_id_regex


class CancelHandler(APIHandler):
    """POST: cancel the start of a kernel. 204 when nothing of it is left, 404 where none is under way."""

    auth_resource = core.AUTH_RESOURCE

    @web.authenticated
    @authorized
    async def post(self, kernel_id: str) -> None:
        """See above."""
        if not await shared_starts(self.settings["serverapp"]).cancel(kernel_id):
            raise web.HTTPError(404, f"No start of a Spark kernel {kernel_id} is under way.")
        self.set_status(204)
        self.finish()


class LifeHandler(APIHandler):
    """GET: how far the start of a kernel is (the last event about it), and why it died: null, or the event."""

    auth_resource = core.AUTH_RESOURCE
    _track_activity = False  # an open panel must not keep an idle server alive

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """See above."""
        life = shared_lives(self.settings["serverapp"]).get(kernel_id)
        if life is None:
            raise web.HTTPError(404, f"No Spark kernel {kernel_id} is known.")
        self.finish({**life.start, "death": life.death})


class KernelHandler(core.KernelHandler):
    """DELETE ends a start too, where Jupyter does not know the kernel yet."""

    async def delete(self, kernel_id: str) -> None:
        """See above. Either way asks for login and rights."""
        if kernel_id in _starts(self) and kernel_id not in self.kernel_manager:
            await ensure_async(self._cancel(kernel_id))
        else:
            await ensure_async(super().delete(kernel_id))

    @web.authenticated
    @authorized
    async def _cancel(self, kernel_id: str) -> None:
        await _starts(self).cancel(kernel_id)
        self.set_status(204)
        self.finish()


class MainKernelHandler(BodyHandler, core.MainKernelHandler):
    """POST: a client that is cut off before it knows the kernel's id will never find it. The start is cancelled then."""

    _unknown_id, _is_cut = "", False

    async def post(self) -> None:
        """See above."""
        model = self.get_json_body() or {}
        name = model.get("name", self.kernel_manager.default_kernel_name)
        if is_ours(self.kernel_spec_manager, name) and not model.get("kernel_id"):
            self._unknown_id = str(uuid4())
            self._body = {**model, "name": name, "kernel_id": self._unknown_id}
        try:
            await ensure_async(super().post())
        except SparkK8sError as error:
            raise web.HTTPError(500, str(error)) from error
        if self._is_cut and self._unknown_id in self.kernel_manager:
            await self.kernel_manager.shutdown_kernel(self._unknown_id)  # type: ignore[no-untyped-call]

    def on_connection_close(self) -> None:
        """See above."""
        super().on_connection_close()
        self._is_cut = True
        if self._unknown_id:
            tasks: Tasks = self.settings["sparkk8s_tasks"]
            tasks.start(_starts(self).cancel(self._unknown_id), "cancel a start that nobody waits for")


class KernelActionHandler(core.KernelActionHandler):
    """A restart that fails says why. Of a kernel that restarts, by itself or for another, the restart under way is waited for:
    of two at once jupyter_client (8.10) would start two drivers and know of one. It would start one for a kernel that is being
    shut down too.
    """

    async def post(self, kernel_id: str, action: str) -> None:
        """See above."""
        own = shared_lives(self.settings["serverapp"]).get(kernel_id) is not None
        restart = restart_under_way(self.kernel_manager, kernel_id)
        try:
            if own and action == "restart" and (restart is not None or is_ending(self.kernel_manager, kernel_id)):
                await ensure_async(self._join(kernel_id, restart))
            else:
                await ensure_async(super().post(kernel_id, action))
        except web.HTTPError as error:
            if isinstance(error.__cause__, SparkK8sError):
                raise web.HTTPError(error.status_code, str(error.__cause__)) from error.__cause__
            raise
        except RuntimeError as error:
            if action != "interrupt" or not own:
                raise
            words = "The kernel starts or ends just now: no cell runs that could be interrupted."
            raise web.HTTPError(409, words) from error

    @web.authenticated
    @authorized
    async def _join(self, kernel_id: str, restart: Restart | None) -> None:
        """Answer as who asked for this restart is; None where the kernel ends."""
        if restart is None:
            raise web.HTTPError(409, "The kernel is being shut down.")
        if (error := await asyncio.shield(restart.over)) is not None:
            raise web.HTTPError(500, "Exception restarting kernel") from error
        model = await ensure_async(self.kernel_manager.kernel_model(kernel_id))  # type: ignore[no-untyped-call]
        self.finish(json.dumps(model, default=json_default))


def _starts(handler: core.KernelsAPIHandler) -> Starts:
    return shared_starts(handler.settings["serverapp"])


HANDLERS: list[tuple[str, type[APIHandler]]] = [
    (rf"/sparkk8s/api/kernels/{KERNEL}/cancel", CancelHandler),
    (rf"/sparkk8s/api/kernels/{KERNEL}", LifeHandler),
    (r"/api/kernels", MainKernelHandler),
    (rf"/api/kernels/{KERNEL}", KernelHandler),
    (rf"/api/kernels/{KERNEL}/{core._kernel_action_regex}", KernelActionHandler),
]
