"""HTTP to one driver's Spark UI, whichever way leads there; finds the port, and holds the key. Leaves out what is asked."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

from httptools import HttpParserError

from ..errors import SparkK8sError, SparkUnreachable
from .ui_connections import UiConnections
from .ui_door import FIRST_PORT
from .ui_key import bearer_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ui_answer import UiAnswer
    from .ui_door import UiDoor

LOCKED = "The driver's Spark UI has a login of its own (spark.ui.filters), so the panel can know of no jobs."
# One port's answer to the question who it is; a driver in the middle of a garbage collection takes long.
_KNOCK_S = 5.0
# What takes a connection and answers nothing counts as a UI that is busy for so many knocks: on a busy machine a new one's
# first answer takes longer than a knock.
_KNOCKS = 12
# Of a request, until its headers are there, and between two pieces of its body.
_ANSWER_S = 60.0
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UiClient:
    """Of one driver. Opens nothing before the first request; ``close`` it."""

    def __init__(self, door: UiDoor) -> None:
        self._door = door
        self._connections = UiConnections(door)
        self._finding = asyncio.Lock()
        self._port: int | None = None
        self._last_port = FIRST_PORT
        self._is_locked = False
        self._silent: dict[int, int] = {}
        self.is_away = False
        """Whether nothing listened the last time that all ports were tried."""

    async def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = _ANSWER_S
    ) -> UiAnswer:
        """Send a request without a body; ``path`` is encoded and begins with a slash. The answer's body is not read yet, and
        redirects are not followed. Raises SparkUnreachable.
        """
        port = self._port or await self._find()
        try:
            return await self._send(port, method, path, headers or {}, timeout_s)
        except SparkUnreachable:
            self._port = None  # it may be at another one by now
            raise

    async def _find(self) -> int:
        """The port at which a Spark UI answers."""
        async with self._finding:
            if self._port is None:
                self._is_locked, ports = False, await self._door.ports()
                answers = dict(zip(ports, await asyncio.gather(*map(self._is_ui, ports)), strict=True))
                self._port = next((port for port, is_ui in answers.items() if is_ui), None)
                self._silent = {port: self._silent.get(port, 0) + 1 for port, is_ui in answers.items() if is_ui is None}
                is_busy = any(port == self._last_port or knocks <= _KNOCKS for port, knocks in self._silent.items())
                is_busy = is_busy and self._port is None
                self.is_away = self._port is None and not is_busy
                if self._port is None and self._is_locked:
                    self.is_away = False
                    raise SparkUnreachable(LOCKED)
                if is_busy:
                    raise SparkUnreachable("The driver's Spark UI does not answer: it is busy, or can't be reached.")
                if self._port is None:
                    raise SparkUnreachable("The driver has no Spark UI now: Spark has not started, was stopped, or has it off.")
                self._last_port = self._port
            return self._port

    async def _is_ui(self, port: int) -> bool | None:
        """None where something listens that does not answer: it may be in the middle of a garbage collection."""
        try:
            async with await self._send(port, "GET", "/api/v1/version", {}, _KNOCK_S) as answer:
                self._is_locked = self._is_locked or answer.status in (401, 403)
                body = b"".join([piece async for piece in answer.pieces()])
                return answer.status == 200 and "spark" in json.loads(body)
        except SparkUnreachable as error:
            if isinstance(error.__cause__, asyncio.TimeoutError):
                return None
            if not isinstance(error.__cause__, OSError):
                self._door.is_no_ui(port)
            return False
        except (ValueError, TypeError):
            return False

    async def _send(self, port: int, method: str, path: str, headers: Mapping[str, str], timeout_s: float) -> UiAnswer:
        own = {"Host": f"driver:{port}"} | ({"Authorization": bearer_token(self._door.key)} if self._door.key else {})
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**headers, **own}.items())]
        if any(map(_CONTROL.search, lines)):
            raise ValueError(f"Control characters in a question: {lines!r}")
        question = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
        try:
            return await self._connections.ask(port, question, has_body=method != "HEAD", timeout_s=timeout_s)
        except (HttpParserError, EOFError, OSError, SparkK8sError, asyncio.TimeoutError) as error:
            why = "it is busy, or can't be reached" if isinstance(error, asyncio.TimeoutError) else str(error)
            raise SparkUnreachable(f"The driver's Spark UI does not answer: {why}.") from error

    async def close(self) -> None:
        """End all connections."""
        await self._connections.close()
