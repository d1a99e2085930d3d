"""The pod's end of the relay: takes streams in, checks the token, dials the pod's own ports; sessions outlive streams.

Shipped into the pod as text: standard library only, Python 3.8 or later, so it starts its tasks itself. Leaves out the
kernel.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from functools import partial
from typing import TYPE_CHECKING

from .channel import Channel
from .link import Link
from .wire import HELLO, MAGIC, REFUSED, REPLY, UNKNOWN_SESSION, WELCOME, Stream, digest

if TYPE_CHECKING:
    import socket
    from collections.abc import Container

# One server has one session with its kernel's pod; others are left by servers that died and came back.
_AWAY_MAX = 4
# A port that is awaited is tried so often for so long. Asked from afar each try would cost the server, and a round trip.
_TRIES_S, _AWAITED_S = 0.01, 1.5


class Relay:
    """Serves any number of sessions to whoever shows ``token``, and dials 127.0.0.1 at ``ports`` and no other. At those of
    them that are ``awaited`` something will listen soon.

    A session lives as long as the pod: its client may be a laptop that sleeps through a meeting, and what its kernel said
    meanwhile must not be lost. Of those without a client only the latest few are kept, which bounds memory.
    """

    def __init__(self, token: str, ports: Container[int], awaited: Container[int] = ()) -> None:
        self._digest, self._ports, self._awaited = digest(token), ports, awaited
        self._links: dict[bytes, Link] = {}
        self._away: dict[bytes, None] = {}  # in the order in which they lost their stream
        self._dials: set[asyncio.Task[None]] = set()
        self._streams: set[Stream] = set()
        self._server: asyncio.AbstractServer | None = None
        self._alone_since = time.monotonic()

    @property
    def alone_s(self) -> float:
        """Seconds since a client was connected; 0 while one is."""
        connected = any(link.stream is not None for link in self._links.values())
        return 0.0 if connected else time.monotonic() - self._alone_since

    async def start(self, sock: socket.socket) -> None:
        """Serve ``sock``, which listens already (connections made before wait in its backlog), until ``stop()``."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, sock=sock)

    async def stop(self) -> None:
        """End the listener, all streams and all connections; return when they are gone."""
        if self._server is not None:
            self._server.close()
        for dial in self._dials:
            dial.cancel()
        links = list(self._links.values())
        for link in links:
            link.close()
        for stream in list(self._streams):
            stream.abort()
            await stream.wait_closed()
        if self._dials:
            await asyncio.wait(self._dials)
        for link in links:
            await link.ended()

    def _accept(self) -> Stream:
        stream = Stream(HELLO.size, self._greeted)
        self._streams.add(stream)
        stream.closed.add_done_callback(lambda _: self._streams.discard(stream))
        return stream

    def _greeted(self, stream: Stream, greeting: bytes) -> None:
        magic, shown, session, goes_on, received, ping_ms = HELLO.unpack(greeting)
        if magic != MAGIC or not hmac.compare_digest(shown, self._digest):
            stream.write(REPLY.pack(MAGIC, REFUSED, 0))
            stream.close()
            return
        link = self._links.get(session)
        if link is None and goes_on:
            stream.write(REPLY.pack(MAGIC, UNKNOWN_SESSION, 0))
            stream.close()
            return
        if link is None:
            link = self._links[session] = Link(self._open, partial(self._cut, session))
        stream.ping_s = ping_ms / 1000
        stream.write(REPLY.pack(MAGIC, WELCOME, link.received))
        stream.attach(link, received)
        self._away.pop(session, None)

    def _cut(self, session: bytes) -> None:
        if session not in self._away:
            self._alone_since = time.monotonic()
        if self._links[session].closed:
            del self._links[session]
            self._away.pop(session, None)
            return
        self._away[session] = None
        if len(self._away) > _AWAY_MAX:
            self._links[next(iter(self._away))].close()

    def _open(self, link: Link, number: int, port: int) -> None:
        channel = Channel(link, number)
        task = asyncio.get_running_loop().create_task(self._dial(channel, port))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def _dial(self, channel: Channel, port: int) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + (_AWAITED_S if port in self._awaited else 0.0)
        try:
            if port not in self._ports:
                raise PermissionError
            while True:
                try:
                    await loop.create_connection(lambda: channel, "127.0.0.1", port)
                    return
                except ConnectionRefusedError:
                    if loop.time() >= until:
                        raise
                await asyncio.sleep(_TRIES_S)
        except OSError:
            channel.refuse()


def run(sock: socket.socket, token: str, ports: Container[int]) -> None:
    """Serve ``sock``, which listens already, for as long as the process (or this thread) lives."""

    async def serve() -> None:
        await Relay(token, ports).start(sock)
        await asyncio.get_running_loop().create_future()

    asyncio.run(serve())
