"""What goes over a relay's byte stream: a greeting each way, then frames; and how a stream lives and dies.

Shipped into the pod as text: standard library only, Python 3.8 or later. Leaves out what frames mean (link.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from .link import Link

# Client to pod: magic with version, digest of the token, session, is it known, frames received, keep-alive in ms.
HELLO = struct.Struct("!8s32s16s?QI")
# Pod to client: magic, one of the answers below, frames received.
REPLY = struct.Struct("!8sBQ")
MAGIC = b"sparkk8\x01"
WELCOME, REFUSED, UNKNOWN_SESSION = range(3)

# A frame: kind, channel, length of its body. All but ACK are counted, confirmed, and sent again on the next stream.
HEADER = struct.Struct("!BII")
OPEN = 1  # body: the port
DATA = 2
EOF = 3  # one direction has ended
RESET = 4  # both have
CREDIT = 5  # body: so many bytes more may come
ACK = 6  # body: frames received
BYE = 7  # the session is over
WORD, LONG = struct.Struct("!I"), struct.Struct("!Q")
FRAME_MAX = 1 << 20

# Bytes that one direction of a channel may have under way: 2 MiB keep 80 MB/s at a round trip of 25 ms.
WINDOW = 2 << 20
# A stream on which nothing came for so many keep-alive intervals is dead. Counted, so that a busy loop kills none.
SILENT_INTERVALS = 5
_GREETING_S = 10.0


class ProtocolError(Exception):
    """The peer sent what makes no sense; its session can't be trusted any more."""


def digest(token: str) -> bytes:
    """What a client shows of the token that it shares with the pod: 32 bytes. The stream itself is inside TLS."""
    return hashlib.sha256(token.encode()).digest()


class Stream(asyncio.Protocol):
    """One byte stream of a link.

    Says ``hello``, waits for ``greeting_size`` bytes and calls ``greeted(self, greeting)``, which attaches a link or
    ends the stream; from then on it carries that link's frames. ``closed`` gets the reason of its end, or None.
    """

    def __init__(
        self,
        greeting_size: int,
        greeted: Callable[[Stream, bytes], None],
        hello: bytes = b"",
        ping_s: float = 2.0,
    ) -> None:
        self.paused = False
        self.ping_s = ping_s
        self.closed: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._greeting_size, self._greeted, self._hello = greeting_size, greeted, hello
        self._link: Link | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._buffer = bytearray()
        self._silent = 0

    def attach(self, link: Link, confirmed: int) -> None:
        """Carry ``link`` from now on; its peer has received ``confirmed`` of its frames."""
        self._link = link
        self._after(self.ping_s, self._tick)
        link.attach(self, confirmed)

    def write(self, data: bytes) -> None:
        """Send now; ``paused`` tells whether to go on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """End the stream once everything written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the stream at once; nothing that still arrives counts."""
        self._link = None
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> Exception | None:
        """Return when the stream has ended, with the reason. Cancelling this leaves ``closed`` alone."""
        await asyncio.wait([self.closed])
        return self.closed.result()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The stream is there: greet."""
        self._transport = transport = cast("asyncio.Transport", transport)
        self._after(_GREETING_S, self.abort)
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Take the greeting, then frames."""
        self._silent = 0
        self._buffer += data
        try:
            if self._link is None:
                if len(self._buffer) < self._greeting_size:
                    return
                greeting = bytes(self._buffer[: self._greeting_size])
                del self._buffer[: self._greeting_size]
                self._greeted(self, greeting)
            self._read_frames()
        except (ProtocolError, struct.error):
            if self._link is not None:
                self._link.close()
            self.abort()

    def pause_writing(self) -> None:
        """The stream is full."""
        self.paused = True
        if self._link is not None:
            self._link.flow()

    def resume_writing(self) -> None:
        """The stream takes more."""
        self.paused = False
        if self._link is not None:
            self._link.flow()

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream has ended."""
        link = self._link
        self.abort()
        if link is not None:
            link.detach()
        self.closed.set_result(exc)

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while self._link is not None and len(buffer) >= at + HEADER.size:
            kind, number, size = HEADER.unpack_from(buffer, at)
            if size > FRAME_MAX:
                raise ProtocolError(f"a frame of {size} bytes")
            start = at + HEADER.size
            if len(buffer) < start + size:
                break
            at = start + size
            self._link.take(kind, number, bytes(memoryview(buffer)[start:at]))
        del buffer[:at]

    def _after(self, delay_s: float, call: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, call)

    def _tick(self) -> None:
        if self._link is None:
            return
        self._silent += 1
        if self._silent > SILENT_INTERVALS:
            self._link.detach()
            return
        self._link.confirm()
        self._after(self.ping_s, self._tick)
