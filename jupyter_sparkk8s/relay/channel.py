"""One TCP connection at each end of a relay, joined through the link: data, ends and credit.

Shipped into the pod as text: standard library only, Python 3.8 or later. Leaves out the stream that carries it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from .wire import CREDIT, DATA, EOF, RESET, WINDOW, WORD

if TYPE_CHECKING:
    from .link import Link


class Channel(asyncio.Protocol):
    """One TCP connection on this side, one on the other.

    Each side may have ``WINDOW`` bytes under way that the other's TCP connection has not taken yet: a slow reader holds
    up itself alone.
    """

    def __init__(self, link: Link, number: int) -> None:
        self._link, self._number = link, number
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._credit = WINDOW
        self._taken = 0
        self._full = self._over = self._eof_in = self._eof_out = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        link.channels[number] = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there: pass on what came for it meanwhile."""
        self._transport = transport = cast("asyncio.Transport", transport)
        if self._link.closed or self._over:
            transport.abort()
            return
        for data in self._early:
            transport.write(data)
        self._early.clear()
        if self._eof_in:
            self._finish()
        self._grant()
        # Until Python 3.11 a transport starts to read right after this call, paused or not.
        asyncio.get_running_loop().call_soon(self.throttle)

    def data_received(self, data: bytes) -> None:
        """Data of the connection, for the peer."""
        self._credit -= len(data)
        self._link.send(DATA, self._number, data)
        if self._credit <= 0:
            self.throttle()

    def eof_received(self) -> bool:
        """The connection sends no more; the other direction stays open."""
        if not self._eof_out:
            self._eof_out = True
            self._link.send(EOF, self._number)
            if self._eof_in and self._transport is not None:
                self._transport.close()
        return True

    def pause_writing(self) -> None:
        """The connection takes no more: from here on the peer gets no credit."""
        self._full = True

    def resume_writing(self) -> None:
        """The connection takes more."""
        self._full = False
        self._grant()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.refuse()

    def take(self, kind: int, body: bytes) -> None:
        """Take one frame of this channel in."""
        if kind == CREDIT:
            self._credit += WORD.unpack(body)[0]
            self.throttle()
        elif kind == DATA:
            self._taken += len(body)
            if self._transport is None:
                self._early.append(body)
            elif not self._transport.is_closing():
                self._transport.write(body)
                self._grant()
        elif kind == EOF:
            self._eof_in = True
            self._finish()
        else:
            self._over = True
            if self._transport is not None:
                self._transport.close()  # what came before goes out first

    def refuse(self) -> None:
        """There is no TCP connection (any more) on this side."""
        self._leave()
        if not self._over and not (self._eof_in and self._eof_out):
            self._link.send(RESET, self._number)

    def throttle(self) -> None:
        """Read from the TCP connection exactly while the stream takes more and the peer has room."""
        if self._transport is None or self._eof_out:
            return
        if self._link.flowing and self._credit > 0:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def abort(self) -> None:
        """End the TCP connection at once."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()
        else:
            self._leave()

    def _leave(self) -> None:
        if not self.closed.done():
            self._link.channels.pop(self._number, None)
            self.closed.set_result(None)

    def _finish(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._eof_out:
            self._transport.close()
        else:
            self._transport.write_eof()

    def _grant(self) -> None:
        if self._taken >= WINDOW // 4 and self._transport is not None and not self._full:
            self._link.send(CREDIT, self._number, WORD.pack(self._taken))
            self._taken = 0
