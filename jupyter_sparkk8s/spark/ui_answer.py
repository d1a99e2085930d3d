"""One answer of a driver's Spark UI, read as it comes. llhttp takes HTTP apart; here is what is done with its parts. Leaves out
connections.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ..errors import SparkUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_HEAD_BYTES = 64 << 10
# Of a body that nobody has taken yet: more is left to the driver.
_HELD_BYTES = 256 << 10
_SWITCHING = 101


def _nothing() -> None:
    """In place of a close that has been."""


class UiAnswer:
    """``headers`` by their names in lower case. Its connection feeds it, and is given back by ``close``."""

    def __init__(self, has_body: bool, timeout_s: float, pause: Callable[[bool], None], close: Callable[[], None]) -> None:
        self.status, self.reason, self.headers = 0, "", dict[str, str]()
        self.is_whole = False
        """Whether all of it has come."""
        self.is_last = True
        """Whether nothing may follow on its connection."""
        self._has_body, self._timeout_s, self._pause, self._close = has_body, timeout_s, pause, close
        self._parser = HttpResponseParser(self)
        self._has_head, self._head_bytes = False, 0
        self._held: list[bytes] = []
        self._held_bytes, self._is_paused = 0, False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        """What has come from the driver."""
        if not self._has_head:
            self._head_bytes += len(data)
        is_excess = self.is_whole
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # not asked for
            is_excess = self.is_whole = True
        except HttpParserError as error:
            is_excess = True
            self._error = self._error or error
        self.is_last = self.is_last or is_excess
        if not self._has_head and self._head_bytes > _HEAD_BYTES:
            self._error = self._error or HttpParserError("its headers do not end")
        self._wake()

    def end(self, error: BaseException | None) -> None:
        """Nothing more will come. That ends a body whose length was not told."""
        self.is_last = True
        if self._has_head and error is None and not self.headers.keys() & {"content-length", "transfer-encoding"}:
            self.is_whole = True
        if not self.is_whole:
            self._error = self._error or error or EOFError("it closed the connection")
        self._wake()

    def on_message_begin(self) -> None:
        """Of llhttp, as all of these. Nothing may follow what is whole."""
        if self.is_whole:
            raise ValueError("More than an answer")

    def on_status(self, reason: bytes) -> None:
        """The words after the status, which may come in parts."""
        self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A name that comes again has one more value. What follows the body comes too late to pass."""
        if self._has_head:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        """The head is there, or one of those that come before it."""
        self.status = self._parser.get_status_code()
        if self.status >= 200 or self.status == _SWITCHING:
            self._has_head = True
            self.is_last = not self._parser.should_keep_alive()
            self.is_whole = not self._has_body

    def on_body(self, piece: bytes) -> None:
        """Some of it, without its framing."""
        if not self._has_body:
            self.is_last = True
        else:
            self._held.append(piece)
            self._held_bytes += len(piece)
            if self._held_bytes > _HELD_BYTES and not self._is_paused:
                self._is_paused = True
                self._pause(True)

    def on_message_complete(self) -> None:
        """Whole, if it was more than a note that an answer will come."""
        if self._has_head:
            self.is_whole = True
        else:
            self.status, self.reason, self.headers = 0, "", {}

    async def head(self) -> None:
        """Wait until status and headers are there. Raises OSError, TimeoutError, EOFError or HttpParserError."""
        while not self._has_head:
            await self._more()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, as it comes. Raises SparkUnreachable where it ends before its time."""
        while self._held or not self.is_whole:
            if self._held:
                held, self._held, self._held_bytes = self._held, [], 0
                if self._is_paused:
                    self._is_paused = False
                    self._pause(False)
                yield held[0] if len(held) == 1 else b"".join(held)
                continue
            try:
                await self._more()
            except (OSError, EOFError, HttpParserError, asyncio.TimeoutError) as error:
                raise SparkUnreachable("The driver's Spark UI began to answer, and stopped.") from error

    async def _more(self) -> None:
        """Wait for whatever comes next."""
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        late = loop.call_later(self._timeout_s, self._be_late)
        try:
            await self._waiter
        finally:
            late.cancel()

    def _be_late(self) -> None:
        self._error = self._error or asyncio.TimeoutError()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """It is not wanted any more, or has been read."""
        close, self._close = self._close, _nothing
        close()

    async def __aenter__(self) -> UiAnswer:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()
