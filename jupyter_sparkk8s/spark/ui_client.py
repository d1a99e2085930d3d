"""HTTP to one driver's Spark UI, whichever way leads there; finds the port, and holds the key. Leaves out what is asked.
aiohttp is imported at the first request: a server that starts has it imported by then, on a thread.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ..errors import SparkK8sError, SparkUnreachable
from .ui_door import FIRST_PORT
from .ui_key import bearer_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from aiohttp import BaseConnector, ClientResponse, ClientSession

    from .ui_door import UiDoor

LOCKED = "The driver's Spark UI has a login of its own (spark.ui.filters), so the panel can know of no jobs."
# One port's answer to the question who it is; a driver in the middle of a garbage collection takes long.
_KNOCK_S = 5.0
# What takes a connection and answers nothing counts as a UI that is busy for so many knocks: on a busy machine a new one's
# first answer takes longer than a knock.
_KNOCKS = 12
# Of a request, until its headers are there, and between two pieces of its body.
_ANSWER_S = 60.0


def _through(door: UiDoor) -> BaseConnector:
    """Connections by way of a door instead of by address: nothing in a URL says where a request goes."""
    from aiohttp import BaseConnector

    class DoorConnector(BaseConnector):
        async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
            return await asyncio.wait_for(door.connect(req.url.port, self._factory), timeout.sock_connect)

    return DoorConnector(keepalive_timeout=15)


async def pieces(answer: ClientResponse) -> AsyncIterator[bytes]:
    """The body of an answer, as it comes. Raises SparkUnreachable where it ends before its time."""
    from aiohttp import ClientError

    try:
        async for piece in answer.content.iter_any():
            yield piece
    except (ClientError, OSError, asyncio.TimeoutError) as error:
        raise SparkUnreachable("The driver's Spark UI began to answer, and stopped.") from error


class UiClient:
    """Of one driver. Opens nothing before the first request; ``close`` it."""

    def __init__(self, door: UiDoor) -> None:
        self._door = door
        self._session: ClientSession | None = None
        self._finding = asyncio.Lock()
        self._port: int | None = None
        self._last_port = FIRST_PORT
        self._is_locked = False
        self._silent: dict[int, int] = {}
        self.is_away = False
        """Whether nothing listened the last time that all ports were tried."""

    async def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = _ANSWER_S
    ) -> ClientResponse:
        """Send a request without a body; ``path`` is encoded and begins with a slash. The answer's body is not read yet, and
        redirects are not followed. Raises SparkUnreachable.
        """
        port = self._port or await self._find()
        try:
            return await self._send(port, method, path, headers or {}, timeout_s)
        except SparkUnreachable:
            self._port = None  # it may be at another one by now
            raise

    async def _find(self) -> int:
        """The port at which a Spark UI answers."""
        async with self._finding:
            if self._port is None:
                self._is_locked, ports = False, await self._door.ports()
                answers = dict(zip(ports, await asyncio.gather(*map(self._is_ui, ports)), strict=True))
                self._port = next((port for port, is_ui in answers.items() if is_ui), None)
                self._silent = {port: self._silent.get(port, 0) + 1 for port, is_ui in answers.items() if is_ui is None}
                is_busy = any(port == self._last_port or knocks <= _KNOCKS for port, knocks in self._silent.items())
                is_busy = is_busy and self._port is None
                self.is_away = self._port is None and not is_busy
                if self._port is None and self._is_locked:
                    self.is_away = False
                    raise SparkUnreachable(LOCKED)
                if is_busy:
                    raise SparkUnreachable("The driver's Spark UI does not answer: it is busy, or can't be reached.")
                if self._port is None:
                    raise SparkUnreachable("The driver has no Spark UI now: Spark has not started, was stopped, or has it off.")
                self._last_port = self._port
            return self._port

    async def _is_ui(self, port: int) -> bool | None:
        """None where something listens that does not answer: it may be in the middle of a garbage collection."""
        try:
            async with await self._send(port, "GET", "/api/v1/version", {}, _KNOCK_S) as answer:
                self._is_locked = self._is_locked or answer.status in (401, 403)
                body = b"".join([piece async for piece in pieces(answer)])
                return answer.status == 200 and "spark" in json.loads(body)
        except SparkUnreachable as error:
            if isinstance(error.__cause__, asyncio.TimeoutError):
                return None
            if not isinstance(error.__cause__, OSError):
                self._door.is_no_ui(port)
            return False
        except (ValueError, TypeError):
            return False

    async def _send(self, port: int, method: str, path: str, headers: Mapping[str, str], timeout_s: float) -> ClientResponse:
        from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
        from yarl import URL

        if self._session is None:
            self._session = ClientSession(
                connector=_through(self._door),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept-Encoding", "User-Agent"),
            )
        own = {"Authorization": bearer_token(self._door.key)} if self._door.key else {}
        try:
            return await self._session.request(
                method,
                URL(f"http://driver:{port}{path}", encoded=True),
                headers={**headers, **own},
                allow_redirects=False,
                timeout=ClientTimeout(total=None, sock_connect=timeout_s, sock_read=timeout_s),
            )
        except (ClientError, OSError, SparkK8sError, asyncio.TimeoutError) as error:
            why = "it is busy, or can't be reached" if isinstance(error, asyncio.TimeoutError) else str(error)
            raise SparkUnreachable(f"The driver's Spark UI does not answer: {why}.") from error

    async def close(self) -> None:
        """End all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
