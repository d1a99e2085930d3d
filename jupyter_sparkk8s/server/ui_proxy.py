"""The driver's Spark UI under the Jupyter server's own address, by kernel id. Passes on what is asked for, and changes nothing:
which driver, host and port is never in the URL. Leaves out which headers pass.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import AUTH_RESOURCE, _kernel_id_regex
from tornado import web
from tornado.iostream import StreamClosedError

from ..errors import SparkUnreachable
from ..spark.ui_client import UiClient
from .ui_headers import changes, driver_path, request_headers, response_headers

if TYPE_CHECKING:
    from ..backends.base import Driver
    from ..provisioner.lives import Lives
    from ..spark.ui_answer import UiAnswer

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 38em; margin: 4em auto; padding: 0 1em }}
</style></head><body><h1>{title}</h1><p>{cause}</p><p>{step}</p></body></html>
"""
_GONE = (
    "This kernel is gone",
    "No Spark kernel of this id runs on this Jupyter server: it was shut down, or the server was started anew.",
    "Go back to your notebook, start its kernel, and open the Spark UI from the Spark panel.",
)


class UiClients:
    """The connections to the UIs that browsers look at, by kernel id. Those of drivers that have ended are closed."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._open: dict[str, tuple[Driver, UiClient]] = {}

    async def of(self, kernel_id: str) -> UiClient | None:
        """The way to a kernel's UI; None where there is no such kernel, or it has ended or not begun."""
        for known, (driver, client) in list(self._open.items()):
            life = self._lives.get(known)
            if life is None or life.driver is not driver or driver.ui_door() is None:
                del self._open[known]
                await client.close()
        if kernel_id not in self._open:
            life = self._lives.get(kernel_id)
            door = life.driver.ui_door() if life is not None and life.driver is not None else None
            if life is None or life.driver is None or door is None:
                return None
            self._open[kernel_id] = life.driver, UiClient(door)
        return self._open[kernel_id][1]

    async def close(self) -> None:
        """The server ends."""
        opened, self._open = self._open, {}
        for _, client in opened.values():
            await client.close()


class UiHandler(JupyterHandler):
    """GET and HEAD."""

    auth_resource = AUTH_RESOURCE

    def skip_check_origin(self) -> bool:
        """Never: who shows a token comes from no other site."""
        return False

    async def prepare(self, *, _redirect_to_login: bool = True) -> None:
        """A foreign page's script gets nothing, not even the headers."""
        await super().prepare(_redirect_to_login=_redirect_to_login)
        if not self._finished and not self.check_origin():  # who is sent to the login has been answered
            raise web.HTTPError(403, "Another site's page asked for this.")

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """Pass on what the driver's UI answers."""
        await self._pass(kernel_id)

    @web.authenticated
    @authorized
    async def head(self, kernel_id: str) -> None:
        """The same without its body."""
        await self._pass(kernel_id)

    async def _refuse(self, kernel_id: str) -> None:
        """Nothing is changed through here: older Sparks ended jobs by such requests."""
        self.set_status(405)
        self.set_header("Allow", "GET, HEAD")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("The Spark UI can be read through Jupyter, not changed. Stop jobs from the notebook, or the Spark panel.\n")

    post = put = delete = patch = options = _refuse

    def check_xsrf_cookie(self) -> None:
        """Nothing is changed through here."""

    async def _pass(self, kernel_id: str) -> None:
        prefix = f"{self.base_url.rstrip('/')}/sparkk8s/ui/{kernel_id}"
        asked = self.request.path.partition(f"/sparkk8s/ui/{kernel_id}")[2]
        if not asked:
            self.redirect(f"{prefix}/jobs/")
            return
        if changes(asked):
            await self._refuse(kernel_id)
            return
        path = driver_path(asked, self.request.query)
        if path is None:
            self._page(400, "No such page", "The address leads out of the Spark UI.", "Go back, and follow the UI's own links.")
            return
        clients: UiClients = self.settings["sparkk8s_ui_clients"]
        client = await clients.of(kernel_id)
        if client is None:
            self._page(404, *_GONE)
            return
        try:
            answer = await self._ask(client, path, prefix)
        except SparkUnreachable as error:
            step = "Wait until Spark has started, or start it in the notebook: SparkSession.builder.getOrCreate(). Then reload."
            self._page(404 if client.is_away else 502, "The Spark UI is not there", str(error), step)
            return
        async with answer:
            if 200 <= answer.status < 600:
                await self._stream(answer, prefix)
            else:  # above all no other protocol on this connection
                self._page(
                    502, "This is no Spark UI", f"The driver answers with the status {answer.status}.", "Restart the kernel."
                )

    async def _ask(self, client: UiClient, path: str, prefix: str) -> UiAnswer:
        """Twice where the first way has ended: Spark may have been started anew, at another port."""
        method, headers = str(self.request.method), request_headers(self.request.headers, prefix)
        try:
            return await client.request(method, path, headers)
        except SparkUnreachable:
            if client.is_away:
                raise
        return await client.request(method, path, headers)

    async def _stream(self, answer: UiAnswer, prefix: str) -> None:
        self.clear_header("Content-Type")  # Jupyter's own; its Content-Security-Policy stays where Spark has none
        self.set_status(answer.status, answer.reason)
        for name, value in response_headers(answer.headers, prefix).items():
            self.set_header(name, value)
        if answer.status == 204:
            self.clear_header("Content-Length")  # of a body that may not be
        try:
            async for piece in answer.pieces():  # the headers go with the first
                self.write(piece)
                if not answer.is_whole:
                    await self.flush()
        except StreamClosedError:
            return  # the browser has gone
        except SparkUnreachable as error:
            self.log.warning("The Spark UI's answer to %s was cut: %s", self.request.path, error)
            self._cut()
            return
        self.finish()

    def compute_etag(self) -> None:
        """Spark's own, or none: not every answer is known when its headers go."""

    def _cut(self) -> None:
        """Half an answer must not look like a whole one."""
        connection: Any = self.request.connection
        connection.close()

    def _page(self, status: int, title: str, cause: str, step: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_PAGE.format(title=escape(title), cause=escape(cause), step=escape(step)))


HANDLERS = [(rf"/sparkk8s/ui/{_kernel_id_regex}(?:/.*)?", UiHandler)]
