"""Waits for the ZMTP greeting of a kernel: an open port proves nothing behind a forwarder, and an idle one says no more.

The greeting also names the security mechanism, so an ipykernel too old for CurveZMQ is found out here and not by a hang.
Source: ZMTP 3.1 (rfc.zeromq.org/spec/37), section 3.1: 64 octets, the mechanism in octets 12 to 31.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..errors import Cause, LaunchError, SparkK8sError
from ..tasks import within

OpenStream = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
_LENGTH, _MECHANISM = 64, slice(12, 32)
# A kernel by itself is there within the second in which it is asked often; among many that start, each can be asked less.
_PAUSES_S = (*[0.01] * 60, *[0.04] * 60, 0.1)
_ANSWER_S = 2.0


async def await_greeting(open_stream: OpenStream, expect_curve: bool, deadline: float) -> None:
    """Return when the socket behind ``open_stream`` greets. ``deadline`` is in the event loop's time (seconds).

    Raises LaunchError for a kernel without the encryption that is asked for, or one that never greets.
    """
    attempt = 0
    loop = asyncio.get_running_loop()
    while True:
        try:
            found = await within(_greet(open_stream), _ANSWER_S)
            break
        except (OSError, EOFError, SparkK8sError, asyncio.TimeoutError) as error:
            if loop.time() > deadline:
                raise LaunchError(
                    Cause("The kernel does not answer.", str(error), "Look at the pod's log, or tell your administrator.")
                ) from error
        await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
        attempt += 1
    if expect_curve and found != b"CURVE":
        raise LaunchError(
            Cause(
                "The image's ipykernel is too old for encrypted connections (CurveZMQ).",
                f"The kernel offers {found.decode('ascii', 'replace') or 'no mechanism'}.",
                "Use an image with ipykernel 7.4 or later; or, where the network is trusted, set "
                "c.SparkK8s.transport_encryption = 'off'.",
            )
        )


async def _greet(open_stream: OpenStream) -> bytes:
    """Ask for the peer's greeting once; its mechanism. Raises IncompleteReadError where none comes.

    We send no more than signature and version: the peer answers with its whole greeting then, but hangs up without one on
    a mechanism that it does not have.
    """
    reader, writer = await open_stream()
    try:
        writer.write(b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01")
        await writer.drain()
        greeting = await reader.readexactly(_LENGTH)
        if greeting[:1] != b"\xff" or greeting[9:10] != b"\x7f":
            raise EOFError("what answers is not a ZMTP socket")
        return greeting[_MECHANISM].rstrip(b"\0")
    finally:
        writer.close()
        with suppress(OSError):  # without the wait, a loop that stops now would leave the socket open
            await writer.wait_closed()
