"""A TCP proxy that does what networks do to connections: cuts them, hangs, is impatient with idle ones.

Leaves out what goes over it: TLS passes through.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


class Proxy:
    """Stands between a client and a server, as load balancers, firewalls and whatever else lies between do.

    ``cut()`` ends all streams; ``cut_after`` is called for each stream and says after how many bytes it is cut (in the middle
    of a frame, that is); ``stall`` keeps streams open and passes nothing on; ``idle_s`` cuts streams that are idle so long;
    ``refuse`` hangs up on new ones.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.to = (host, port)
        self.port = 0
        self.streams = self.cuts = 0
        self.stall = False
        self.refuse = False
        self.idle_s: float | None = None
        self.cut_after: Callable[[], int] | None = None
        self._opened = asyncio.Event()
        self._pairs: dict[_Pair, None] = {}  # in the order in which they came

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Proxy]:
        """Listen."""
        server = await asyncio.get_running_loop().create_server(lambda: _Pair(self).near, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await server.wait_closed()
            await asyncio.sleep(0)

    async def next_stream(self) -> None:
        """Return when the client has opened another stream."""
        self._opened.clear()
        await self._opened.wait()

    def cut(self) -> None:
        """End all streams now."""
        for pair in list(self._pairs):
            pair.end()

    def cut_in(self, size: int) -> None:
        """End each of today's streams when it has passed ``size`` more bytes."""
        for pair in self._pairs:
            pair.left = size


class _Side(asyncio.Protocol):
    def __init__(self, pair: _Pair) -> None:
        self.pair = pair
        self.other: _Side
        self.transport: asyncio.Transport | None = None
        self.early = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(bytes(self.early))
        self.pair.made(self)

    def data_received(self, data: bytes) -> None:
        self.pair.passed(self, data)

    def pause_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.pair.end()


class _Pair:
    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.near, self.far = _Side(self), _Side(self)
        self.near.other, self.far.other = self.far, self.near
        self.left = proxy.cut_after() if proxy.cut_after is not None else None
        self.timer: asyncio.TimerHandle | None = None
        self.dial: asyncio.Task[Any] | None = None
        proxy.streams += 1
        proxy._opened.set()
        proxy._pairs[self] = None

    def made(self, side: _Side) -> None:
        if self not in self.proxy._pairs:
            assert side.transport is not None
            side.transport.abort()
        elif side is self.near:
            if self.proxy.refuse:
                self.end()
                return
            loop = asyncio.get_running_loop()
            self.dial = loop.create_task(loop.create_connection(lambda: self.far, *self.proxy.to))

    def passed(self, side: _Side, data: bytes) -> None:
        if self.proxy.stall or self not in self.proxy._pairs:
            return
        if self.timer is not None:
            self.timer.cancel()
        if self.proxy.idle_s is not None:
            self.timer = asyncio.get_running_loop().call_later(self.proxy.idle_s, self.end)
        if self.left is not None:
            data = data[: self.left]
            self.left -= len(data)
        if side.other.transport is None:
            side.other.early += data
        else:
            side.other.transport.write(data)
        if self.left == 0:
            self.end()

    def end(self) -> None:
        if self not in self.proxy._pairs:
            return
        del self.proxy._pairs[self]
        self.proxy.cuts += 1
        if self.timer is not None:
            self.timer.cancel()
        for side in (self.near, self.far):
            if side.transport is not None:
                side.transport.close()  # what was passed on arrives, what comes now does not


class ThreadedProxy:
    """A proxy for tests that have no event loop; ``of`` is the proxy, whose methods are called through ``call``."""

    def __init__(self, of: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self.of, self._loop = of, loop

    def call(self, function: Callable[..., None], *args: object) -> None:
        """Call a method of the proxy on its thread, and return when it is done."""
        done = threading.Event()

        def run() -> None:
            function(*args)
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def cut(self) -> None:
        """End all streams now."""
        self.call(self.of.cut)


@contextmanager
def proxy_on_a_thread(port: int, host: str) -> Iterator[ThreadedProxy]:
    """A proxy in front of ``host``, on a thread of its own."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[ThreadedProxy] = []

    async def serve() -> None:
        async with Proxy(port, host).run() as proxy:
            found.append(ThreadedProxy(proxy, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="proxy", daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield found[0]
    finally:
        found[0].call(stop.set)
        thread.join(10)
