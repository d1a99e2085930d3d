"""What the relay's tests need: a pod's end, a target behind it, and the way between them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from jupyter_sparkk8s.relay.client import RelayClient
from jupyter_sparkk8s.relay.pod import Relay
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Container

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


def listener() -> socket.socket:
    """A socket that listens already, as the pod's first process has one."""
    return socket.create_server(("127.0.0.1", 0))


class Rig:
    """A pod's relay, a proxy in front of it, and clients that go through the proxy."""

    def __init__(self, pod: Relay, proxy: Proxy) -> None:
        self.pod, self.proxy = pod, proxy

    def client(self, token: str = TOKEN, ping_s: float = 2.0) -> RelayClient:
        """A client through the proxy, not started."""
        loop = asyncio.get_running_loop()
        connect = lambda factory: loop.create_connection(factory, "127.0.0.1", self.proxy.port)  # noqa: E731
        return RelayClient(connect, token, "pod driver-1", ping_s=ping_s)


@asynccontextmanager
async def rig(ports: range = range(1, 65536), awaited: Container[int] = ()) -> AsyncIterator[Rig]:
    """The whole way but for the client."""
    pod = Relay(TOKEN, ports, awaited)
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
