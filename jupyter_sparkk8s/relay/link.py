"""One end of a relay session: channels over one stream that may be cut and replaced at any moment.

Shipped into the pod as text: standard library only, Python 3.8 or later. Leaves out who listens, dials and reconnects.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from .channel import Channel
from .wire import ACK, BYE, CREDIT, DATA, EOF, HEADER, LONG, OPEN, RESET, WORD, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .wire import Stream

# A stream's frames are confirmed each time this much came in; the sender keeps what is not confirmed, to send it again.
_CONFIRM_EVERY = 256 * 1024
# What a small frame costs beyond its bytes: keeps the count of unconfirmed frames bounded as well.
_FRAME_COST = 512
# Bounds memory and file descriptors when connections come in while the stream is cut, where nobody sees them end.
_CHANNELS_MAX = 256


class Link:
    """A session: outlives its streams.

    Frames are numbered by counting: what one side has sent and the other has not confirmed is kept, and sent again on
    the next stream, so that nothing is lost, doubled or out of order.

    ``on_open(link, number, port)`` is called when the peer opens a channel, ``on_cut()`` when a stream is gone or
    the session has ended. Memory:
    at most ``WINDOW`` bytes and one read per channel wait here for the peer, as many for the TCP connection.
    """

    def __init__(
        self,
        on_open: Callable[[Link, int, int], None] | None = None,
        on_cut: Callable[[], None] | None = None,
    ) -> None:
        self.channels: dict[int, Channel] = {}
        self.received = 0
        self.stream: Stream | None = None
        self.closed = False
        self._on_open, self._on_cut = on_open, on_cut
        self._confirmed = 0
        self._sent: deque[bytes] = deque()
        self._unsent: deque[bytes] = deque()
        self._owed = 0
        self._last_number = 0

    @property
    def flowing(self) -> bool:
        """Whether the stream is there and takes more; else the TCP connections are not read, and wait."""
        return self.stream is not None and not self.stream.paused

    @property
    def held(self) -> int:
        """Bytes kept for the peer: sent without confirmation, or not sent yet."""
        return sum(map(len, self._sent)) + sum(map(len, self._unsent))

    def open(self, port: int) -> Channel:
        """Give a new channel to the peer's ``port``: the protocol of a local TCP connection.

        Too many, or a session that has ended, and the connection is closed as soon as it is made.
        """
        self._last_number += 1
        channel = Channel(self, self._last_number)
        if self.closed or len(self.channels) > _CHANNELS_MAX:
            channel.abort()
        else:
            self.send(OPEN, self._last_number, WORD.pack(port))
        return channel

    def send(self, kind: int, number: int, body: bytes = b"") -> None:
        """Send one frame, now or as soon as the stream takes it."""
        if self.closed:
            return
        frame = HEADER.pack(kind, number, len(body)) + body
        if self.stream is not None and not self.stream.paused and not self._unsent:
            self._sent.append(frame)
            self.stream.write(frame)
        else:
            self._unsent.append(frame)

    def attach(self, stream: Stream, confirmed: int) -> None:
        """Go on with ``stream``, whose peer has received our first ``confirmed`` frames."""
        self.detach()
        self._confirm(confirmed)
        self._unsent.extendleft(reversed(self._sent))
        self._sent.clear()
        self._owed = 0
        self.stream = stream
        self.flow()

    def detach(self) -> None:
        """Let go of the stream: from here on nothing that arrives on it counts."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.abort()
            self.flow()
            if self._on_cut is not None:
                self._on_cut()

    def flow(self) -> None:
        """The stream came, went, is full or takes more: send what waits, read from the TCP connections or don't."""
        while self._unsent and self.stream is not None and not self.stream.paused:
            frame = self._unsent.popleft()
            self._sent.append(frame)
            self.stream.write(frame)
        for channel in list(self.channels.values()):
            channel.throttle()

    def confirm(self) -> None:
        """Tell the peer how far we are; also the sign of life of an idle stream."""
        self._owed = 0
        if self.stream is not None:
            self.stream.write(HEADER.pack(ACK, 0, LONG.size) + LONG.pack(self.received))

    def take(self, kind: int, number: int, body: bytes) -> None:
        """Take one frame in. Raises ProtocolError where it makes no sense."""
        if kind == ACK:
            self._confirm(LONG.unpack(body)[0])
            return
        self.received += 1
        self._owed += len(body) + _FRAME_COST
        if self._owed >= _CONFIRM_EVERY:
            self.confirm()
        if kind == OPEN and self._on_open is not None:
            self._on_open(self, number, WORD.unpack(body)[0])
        elif kind == BYE:
            self.close()
        elif kind in (DATA, EOF, RESET, CREDIT):
            channel = self.channels.get(number)  # none: closed here while the frame was on its way
            if channel is not None:
                channel.take(kind, body)
        else:
            raise ProtocolError(f"frame of kind {kind}")

    def _confirm(self, count: int) -> None:
        if not self._confirmed <= count <= self._confirmed + len(self._sent):
            raise ProtocolError(f"{count} frames confirmed, {self._confirmed} + {len(self._sent)} sent")
        for _ in range(count - self._confirmed):
            self._sent.popleft()
        self._confirmed = count

    def close(self) -> None:
        """End the session here: the stream and all TCP connections. The peer learns it only by a BYE sent before."""
        if self.closed:
            return
        self.closed = True
        cut = self.stream is None
        self.detach()
        self._sent.clear()
        self._unsent.clear()
        for channel in list(self.channels.values()):
            channel.abort()
        if cut and self._on_cut is not None:
            self._on_cut()

    async def ended(self) -> None:
        """Return when the TCP connections of a closed session are gone."""
        if self.channels:
            await asyncio.wait([channel.closed for channel in self.channels.values()])
