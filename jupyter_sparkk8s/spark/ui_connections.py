"""Connections to the ports of one driver's Spark UI, kept for the next question. asyncio's protocol straight to llhttp, since
each page of the UI comes through here: a client library of many uses takes most of the time that a proxy adds.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from ..tasks import within
from .ui_answer import UiAnswer

if TYPE_CHECKING:
    from .ui_door import UiDoor

_KEPT_S = 15.0  # half of what Spark's server keeps them
_MOST = 100


class _Connection(asyncio.Protocol):
    """One question at a time. What comes without one ends it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.answer: UiAnswer | None = None
        self.is_open = False
        self.kept: asyncio.TimerHandle  # where it is not in use

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.is_open = transport, True

    def data_received(self, data: bytes) -> None:
        if self.answer is None:
            self.abort()
        else:
            self.answer.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self.answer is not None:
            self.answer.end(error)

    def pause(self, wanted: bool) -> None:
        if self.is_open:
            (self.transport.pause_reading if wanted else self.transport.resume_reading)()

    def abort(self) -> None:
        self.is_open = False
        self.transport.abort()  # its socket is closed in the loop's next turn


class UiConnections:
    """Through one door. ``close`` them."""

    def __init__(self, door: UiDoor) -> None:
        self._door = door
        self._idle: defaultdict[int, list[_Connection]] = defaultdict(list)
        self._all: set[_Connection] = set()
        self._room = asyncio.Semaphore(_MOST)

    async def ask(self, port: int, question: bytes, *, has_body: bool, timeout_s: float) -> UiAnswer:
        """Send a question, and give its answer as soon as status and headers are there. Raises SparkK8sError, and what
        UiAnswer.head does.
        """
        await self._room.acquire()
        try:
            while True:
                connection, is_new = self._kept(port), False
                if connection is None:
                    connection, is_new = await self._connect(port, timeout_s), True
                answer = self._ask(connection, port, question, has_body, timeout_s)
                try:
                    await answer.head()
                except (ConnectionError, EOFError):
                    self._drop(connection)
                    if is_new:
                        raise  # a kept one may have been closed in the meantime
                except BaseException:
                    self._drop(connection)
                    raise
                else:
                    return answer
        except BaseException:
            self._room.release()
            raise

    async def _connect(self, port: int, timeout_s: float) -> _Connection:
        made: list[_Connection] = []

        async def connect() -> None:
            made.append(await self._door.connect(port, _Connection))

        try:
            await within(connect(), timeout_s)
        except BaseException:  # a cancellation, it may be, in the moment in which it was made
            for connection in made:
                connection.abort()
            raise
        self._all.add(made[0])
        return made[0]

    def _kept(self, port: int) -> _Connection | None:
        idle = self._idle[port]
        while idle:
            connection = idle.pop()
            if connection.is_open:
                connection.kept.cancel()
                return connection
            self._drop(connection)
        return None

    def _ask(self, connection: _Connection, port: int, question: bytes, has_body: bool, timeout_s: float) -> UiAnswer:
        def close() -> None:
            self._room.release()
            if answer.is_last or not answer.is_whole or not connection.is_open:
                self._drop(connection)
            else:
                self._keep(connection, port)

        answer = connection.answer = UiAnswer(has_body, timeout_s, connection.pause, close)
        if connection.is_open:
            connection.transport.write(question)
        else:
            answer.end(None)
        return answer

    def _keep(self, connection: _Connection, port: int) -> None:
        connection.answer = None
        connection.pause(False)
        connection.kept = asyncio.get_running_loop().call_later(_KEPT_S, self._drop, connection)
        self._idle[port].append(connection)

    def _drop(self, connection: _Connection) -> None:
        connection.answer = None
        self._all.discard(connection)
        connection.abort()

    async def close(self) -> None:
        """End all."""
        for connection in list(self._all):
            answer = connection.answer
            self._drop(connection)
            if answer is not None:
                answer.end(None)
        for idle in self._idle.values():
            for connection in idle:
                connection.kept.cancel()
        self._idle.clear()
        await asyncio.sleep(0)
