"""What the relay's tests need: a pod's end, a target behind it, and a proxy in between that cuts, stalls and is impatient."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from jupyter_sparkk8s.relay.client import RelayClient
from jupyter_sparkk8s.relay.pod import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "only the server and the pod know"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, and the end too."""
    try:
        while data := await reader.read(1 << 18):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except (ConnectionError, asyncio.CancelledError):
        writer.transport.abort()


@asynccontextmanager
async def target(serve: Serve = echo) -> AsyncIterator[int]:
    """A server in "the pod"; gives its port."""
    tasks: set[asyncio.Task[Any]] = set()

    async def remember(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(cast("asyncio.Task[Any]", asyncio.current_task()))
        try:
            await serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(remember, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
        await server.wait_closed()


class Proxy:
    """Stands between client and relay, as the API server, the kubelet and whatever lies between do.

    ``cut()`` ends all streams; ``cut_after`` is called for each stream and says after how many bytes it is cut (in the middle
    of a frame, that is); ``stall`` keeps streams open and passes nothing on; ``idle_s`` cuts streams that are idle so long.
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
        self._pairs: set[_Pair] = set()

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
        proxy._pairs.add(self)

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
        self.proxy._pairs.discard(self)
        self.proxy.cuts += 1
        if self.timer is not None:
            self.timer.cancel()
        for side in (self.near, self.far):
            if side.transport is not None:
                side.transport.close()  # what was passed on arrives, what comes now does not


def listener() -> socket.socket:
    """A socket that listens already, as the pod's first process has one."""
    return socket.create_server(("127.0.0.1", 0))


class Rig:
    """A pod's relay, a proxy in front of it, and clients that go through the proxy."""

    def __init__(self, pod: Relay, proxy: Proxy) -> None:
        self.pod, self.proxy = pod, proxy

    def client(self, token: str = TOKEN, ping_s: float = 2.0, **more: Any) -> RelayClient:
        """A client through the proxy, not started."""
        loop = asyncio.get_running_loop()
        connect = lambda factory: loop.create_connection(factory, "127.0.0.1", self.proxy.port)  # noqa: E731
        return RelayClient(connect, token, "pod driver-1", ping_s=ping_s, **more)


@asynccontextmanager
async def rig(resume_s: float = 600.0, ports: range = range(1, 65536)) -> AsyncIterator[Rig]:
    """The whole way but for the client."""
    pod = Relay(TOKEN, ports, resume_s)
    sock = listener()
    await pod.start(sock)
    async with Proxy(sock.getsockname()[1]).run() as proxy:
        try:
            yield Rig(pod, proxy)
        finally:
            await pod.stop()


async def ask(port: int, data: bytes) -> bytes:
    """Send ``data`` to the echo behind a local port, then the end; what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
