"""Asks a driver's pod how much memory it holds, by whichever way leads to its ports; ``launch_files/gauge.py`` answers."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import SparkK8sError
from ..relay.wire import digest

if TYPE_CHECKING:
    from .transport import Transport

_ANSWER = struct.Struct("!Q")
_ANSWER_S = 2.0


async def memory_used(transport: Transport, port: int, key: str) -> int | None:
    """Bytes; None where nobody answers: the pod has just begun, its image's system doesn't count, or its node is too busy."""
    try:
        return await asyncio.wait_for(_ask(transport, port, key), _ANSWER_S)
    except (OSError, EOFError, SparkK8sError, asyncio.TimeoutError):
        return None


async def _ask(transport: Transport, port: int, key: str) -> int:
    reader, writer = await transport.open(port)
    try:
        writer.write(digest(key))
        return int(_ANSWER.unpack(await reader.readexactly(_ANSWER.size))[0])
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
