"""Kept connections to one driver's Spark UI: a request goes out, an answer comes back. Of aiohttp only its protocol and parser:
its session takes as long as all the rest of a request. Leaves out which port, and what is asked.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import SparkUnreachable
from ..tasks import within

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from aiohttp import StreamReader
    from aiohttp.client_proto import ResponseHandler

    from .ui_door import UiDoor

# Spark's UI closes a connection that has waited for 30 s (Jetty's idle timeout).
_KEPT_S = 15.0
# At once, so that who asks for much makes others wait rather than the driver.
_MOST = 100
_SWITCHING = 101


class Answer:
    """Of a Spark UI. Its body is not read yet; leave it by ``async with``."""

    def __init__(self, message: Any, body: StreamReader, leave: Callable[[], None]) -> None:
        self.status: int = message.code
        self.reason: str = message.reason
        self.headers: Mapping[str, str] = message.headers
        """By name in any case."""
        self._body = body
        self._leave = leave

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, as it comes. Raises SparkUnreachable where it ends before its time."""
        from aiohttp import ClientError

        try:
            async for piece in self._body.iter_any():
                yield piece
        except (ClientError, OSError, asyncio.TimeoutError) as error:
            raise SparkUnreachable("The driver's Spark UI began to answer, and stopped.") from error

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()


class UiConnections:
    """Through one door, to any of its ports. Opens nothing before the first request; ``close`` it."""

    def __init__(self, door: UiDoor) -> None:
        self._door = door
        self._places = asyncio.Semaphore(_MOST)
        self._open: set[ResponseHandler] = set()
        self._kept: list[tuple[float, int, ResponseHandler]] = []

    async def ask(self, port: int, request: bytes, timeout_s: float) -> Answer:
        """Send ``request``, whole and without a body. ``timeout_s`` is for the connection, the answer's headers, and each piece
        of its body. Raises OSError, asyncio.TimeoutError, SparkK8sError, or aiohttp's ClientError or HttpProcessingError.
        """
        from aiohttp import ClientOSError, ServerDisconnectedError

        await self._places.acquire()
        try:
            while (kept := self._take(port)) is not None:
                try:
                    return await self._exchange(port, kept, request, timeout_s)
                except (ServerDisconnectedError, ClientOSError, ConnectionError):  # it was closed as we took it
                    continue
            return await self._exchange(port, await self._connect(port, timeout_s), request, timeout_s)
        except BaseException:
            self._places.release()
            raise

    async def _connect(self, port: int, timeout_s: float) -> ResponseHandler:
        from aiohttp.client_proto import ResponseHandler

        loop = asyncio.get_running_loop()
        handler = ResponseHandler(loop)
        self._open.add(handler)
        try:
            return await within(self._door.connect(port, lambda: handler), timeout_s)
        except BaseException:
            self._end(handler)
            raise

    async def _exchange(self, port: int, handler: ResponseHandler, request: bytes, timeout_s: float) -> Answer:
        try:
            handler.set_response_params(
                skip_payload=request.startswith(b"HEAD "), read_until_eof=True, auto_decompress=False, read_timeout=timeout_s
            )
            if handler.transport is None:
                raise ConnectionResetError("The connection has just been closed")
            handler.transport.write(request)
            handler.start_timeout()
            while True:
                message, body = await handler.read()
                if message.code >= 200 or message.code == _SWITCHING:  # others come before the answer
                    return Answer(message, body, partial(self._give_back, port, handler))
        except BaseException:
            self._end(handler)
            raise

    def _take(self, port: int) -> ResponseHandler | None:
        """The connection that was kept last; those that have waited for long are closed."""
        oldest = time.monotonic() - _KEPT_S
        stale = [kept for kept in self._kept if kept[0] < oldest or not kept[2].is_connected()]
        self._kept = [kept for kept in self._kept if kept not in stale]
        for _, _, handler in stale:
            self._end(handler)
        at = next((at for at in reversed(range(len(self._kept))) if self._kept[at][1] == port), None)
        return None if at is None else self._kept.pop(at)[2]

    def _give_back(self, port: int, handler: ResponseHandler) -> None:
        """Its answer has been read, or is not wanted any more."""
        self._places.release()
        if handler.should_close or handler not in self._open:
            self._end(handler)
        else:
            self._kept.append((time.monotonic(), port, handler))

    def _end(self, handler: ResponseHandler) -> None:
        self._open.discard(handler)
        handler.close()

    def close(self) -> None:
        """End all connections."""
        self._kept.clear()
        for handler in list(self._open):
            self._end(handler)
