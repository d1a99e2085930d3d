"""This machine's end of the relay: listens on loopback for each forwarded port and keeps the session alive over cuts.

Leaves out how a byte stream to the pod is made: ``connect`` does that.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

from ..errors import ApiError, ApiUnreachable, PodUnreachable, SparkK8sError, StreamLost
from ..tasks import Tasks
from .link import Link
from .wire import BYE, HELLO, MAGIC, REFUSED, REPLY, UNKNOWN_SESSION, WELCOME, Stream, digest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

_log = logging.getLogger(__name__)

# Makes a byte stream to the relay's port as ``loop.create_connection`` does: returns once the protocol's
# connection_made has been called, raises SparkK8sError or OSError otherwise. What ends the stream later comes with
# connection_lost.
Connect: TypeAlias = "Callable[[Callable[[], asyncio.Protocol]], Awaitable[object]]"

# Between attempts: from the few ms that a relay needs to listen to the minutes for which there is no way to the pod.
_FIRST_DELAY_S, _LAST_DELAY_S = 0.1, 5.0
# A stream that lived so long was a good one: when it is cut, the next attempt comes at once.
_GOOD_STREAM_S = 1.0
_ANSWER_S = 10.0
_GOODBYE_S = 0.2
_PASSING = (OSError, ApiUnreachable, PodUnreachable, StreamLost)


class SessionLostError(SparkK8sError):
    """The session was broken by a fault at one of its ends: output may be missing, and nobody knows how much."""


class RelayRefusedError(SparkK8sError):
    """What listens in the pod is no relay of ours, or has another token."""


class RelayClient:
    """One session with one pod's relay. ``name`` says which, in the log; ``connect`` makes each stream of it.

    While a stream is cut the local TCP connections wait. ``ended`` gets the reason when no stream is tried any more and they
    are closed: the pod is gone, it refused us, or the session is lost, after which no connection could be trusted to be whole.
    """

    def __init__(self, connect: Connect, token: str, name: str, *, ping_s: float = 2.0) -> None:
        self.ended: asyncio.Future[SparkK8sError] = asyncio.get_running_loop().create_future()
        self._connect, self._digest, self._name, self._ping_s = connect, digest(token), name, ping_s
        self._tasks = Tasks(f"relay to {name}")
        self._servers: dict[int, asyncio.Server] = {}
        self._stream: Stream | None = None
        self._link, self._session, self._welcomed = Link(), secrets.token_bytes(16), False

    async def start(self, timeout_s: float = 10.0) -> None:
        """Return when the relay has answered.

        Raises what the last attempt met, after ``timeout_s`` seconds or at once where waiting does not help.
        """
        loop = asyncio.get_running_loop()
        until, delay_s = loop.time() + timeout_s, _FIRST_DELAY_S
        while True:
            try:
                stream = await self._attach()
                break
            except _PASSING:
                if loop.time() + delay_s > until:
                    raise
            except ApiError as error:
                if error.status < 500 or loop.time() + delay_s > until:
                    raise
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, _LAST_DELAY_S)
        self._tasks.start(self._keep(stream), "keep the stream")

    async def forward(self, port: int, avoid: Collection[int] = ()) -> int:
        """Listen on 127.0.0.1 for the pod's ``port``; gives the local port, none of ``avoid``, the same at every call."""
        if self.ended.done():
            raise self.ended.result()
        unwanted: list[asyncio.Server] = []
        while port not in self._servers:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: self._link.open(port), "127.0.0.1", 0)
            if server.sockets[0].getsockname()[1] in avoid:
                unwanted.append(server)  # kept until another is found
            else:
                self._servers[port] = server
        for server in unwanted:
            server.close()
        local: int = self._servers[port].sockets[0].getsockname()[1]
        return local

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the pod's ``port`` without a local one. A port that refuses reads as the end of the stream."""
        return await asyncio.open_connection(sock=await self.dial(port))

    async def dial(self, port: int) -> socket.socket:
        """A socket that is connected to the pod's ``port``, as by ``open``."""
        if self.ended.done():
            raise self.ended.result()
        ours, theirs = socket.socketpair()
        await asyncio.get_running_loop().create_connection(lambda: self._link.open(port), sock=ours)
        theirs.setblocking(False)
        return theirs

    async def stop(self) -> None:
        """End the session, its listeners and connections; return when they are gone. May be called twice."""
        await self._tasks.close()
        for server in self._servers.values():
            server.close()
        if self._stream is not None and self._link.flowing:
            self._link.send(BYE, 0)
            self._stream.close()
            await asyncio.wait({self._stream.closed}, timeout=_GOODBYE_S)
        await self._let_go()
        for server in self._servers.values():
            await server.wait_closed()
        self._servers.clear()

    async def _let_go(self) -> None:
        self._link.close()
        if self._stream is not None:
            self._stream.abort()
            await self._stream.wait_closed()
        await self._link.ended()

    async def _attach(self) -> Stream:
        """Make a stream and go on with the session on it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Exception | None] = loop.create_future()
        link = self._link

        def greeted(stream: Stream, greeting: bytes) -> None:
            magic, status, received = REPLY.unpack(greeting)
            if magic == MAGIC and status == WELCOME:
                stream.attach(link, received)
                answer.set_result(None)
            elif magic == MAGIC and status == UNKNOWN_SESSION:
                answer.set_result(self._lost())
            else:
                why = "refused our token" if magic == MAGIC and status == REFUSED else "is not our relay"
                answer.set_result(RelayRefusedError(f"What listens in {self._name} {why}. Restart the kernel."))

        hello = HELLO.pack(MAGIC, self._digest, self._session, self._welcomed, link.received, int(self._ping_s * 1000))
        stream = Stream(REPLY.size, greeted, hello, self._ping_s)
        await self._connect(lambda: stream)
        self._stream = stream
        try:
            await asyncio.wait([answer, stream.closed], timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                refusal = answer.result()
            elif stream.closed.done():
                refusal = stream.closed.result() or StreamLost(f"The relay of {self._name} hung up")
            else:
                refusal = StreamLost(f"The relay of {self._name} did not answer within {_ANSWER_S:g} s")
            if refusal is not None:
                raise refusal
        except BaseException:
            stream.abort()
            await stream.wait_closed()
            raise
        self._welcomed = True
        return stream

    async def _keep(self, stream: Stream) -> None:
        """Make another stream whenever one ends, until nothing but a new kernel would help."""
        loop = asyncio.get_running_loop()
        delay_s = 0.0
        try:
            while True:
                since = loop.time()
                reason = await stream.wait_closed()
                _log.info("The stream to %s was cut: %s", self._name, reason or "closed")
                if loop.time() - since >= _GOOD_STREAM_S:
                    delay_s = 0.0
                while stream.closed.done():
                    # Spread out: when an API server comes back, everybody comes back.
                    await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311
                    delay_s = min(max(2 * delay_s, _FIRST_DELAY_S), _LAST_DELAY_S)
                    stream = await self._try_again(stream)
                _log.info("The stream to %s is back", self._name)
        except SparkK8sError as error:
            _log.info("No way to %s any more: %s", self._name, error)
            self._link.close()
            await self._link.ended()
            for server in self._servers.values():
                server.close()
            self.ended.set_result(error)

    async def _try_again(self, old: Stream) -> Stream:
        """A new stream, or the old one where waiting may help. Raises where it does not."""
        if self._link.closed:
            raise self._lost()
        try:
            return await self._attach()
        except (*_PASSING, ApiError) as error:
            _log.debug("No stream to %s yet: %s", self._name, error)
        return old

    def _lost(self) -> SessionLostError:
        return SessionLostError(f"The connection to {self._name} is lost for good: output may be missing. Restart the kernel.")
