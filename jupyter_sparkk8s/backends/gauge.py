"""Asks a driver's pod how much memory it holds, and why its executors are refused where they are, by whichever way leads to its
ports; ``launch_files/gauge.py`` answers.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SparkK8sError
from ..relay.wire import digest
from ..tasks import within

if TYPE_CHECKING:
    from .transport import Transport

_ANSWER = struct.Struct("!Q")
_ANSWER_S = 2.0
_LONGEST = 8000  # bytes of a text


class Gauge(NamedTuple):
    """Bytes in use, and what Kubernetes says to the driver's executors; empty where it refuses none."""

    memory_used: int
    refused: str


async def ask_gauge(transport: Transport, port: int, key: str) -> Gauge | None:
    """None where nobody answers: the pod has just begun, its image's system doesn't count, or its node is too busy."""
    try:
        return await within(_ask(transport, port, key), _ANSWER_S)
    except (OSError, EOFError, SparkK8sError, asyncio.TimeoutError):
        return None


async def _ask(transport: Transport, port: int, key: str) -> Gauge:
    reader, writer = await transport.open(port)
    try:
        writer.write(digest(key))
        (used,) = _ANSWER.unpack(await reader.readexactly(_ANSWER.size))
        text = b""
        while len(text) < _LONGEST and (piece := await reader.read(_LONGEST - len(text))):
            text += piece
        return Gauge(int(used), text.decode(errors="replace"))
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
