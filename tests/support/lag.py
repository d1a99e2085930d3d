"""A Jupyter server extension for tests: watches the server's event loop and names the step that holds it up.

The loop gives a sign of life every few milliseconds; a thread that misses it looks where the loop's thread is until it comes.
Counted is what the loop's thread computes or sleeps meanwhile, not what it waits for a processor: that is the machine's doing.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

if TYPE_CHECKING:
    from types import FrameType

    from jupyter_server.serverapp import ServerApp

EXTENSIONS = {"jupyter_sparkk8s": True, "tests.support.lag": True}
_PERIOD_S = 0.01
_HELD_UP_S = 0.05  # less is not worth telling
_REGULAR_S = 0.05  # this thread itself was not kept waiting between two looks
_IDLE_CPU_S = 0.0002
_INNERMOST = 12  # lines of a stack that are kept


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.support.lag"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    app.web_app.settings["lag"] = LoopWatch()
    app.web_app.add_handlers(".*$", [(app.base_url + "lag", LagHandler)])  # type: ignore[no-untyped-call]


class LoopWatch:
    """Watches the loop of the thread that first calls ``start``."""

    def __init__(self) -> None:
        self.gaps: list[dict[str, Any]] = []
        self._signs = self._thread = 0

    def start(self) -> None:
        """Forget what was seen, and watch."""
        self.gaps.clear()
        if not self._thread:
            self._thread, status = threading.get_ident(), Path(f"/proc/self/task/{threading.get_native_id()}/stat")
            self._sign()
            threading.Thread(target=self._look, args=(status,), name="loop-watch", daemon=True).start()

    def _sign(self) -> None:
        """On the loop: a sign of life."""
        self._signs += 1
        asyncio.get_running_loop().call_later(_PERIOD_S, self._sign)

    def _look(self, status: Path) -> None:
        """On the thread that watches."""
        clock = time.pthread_getcpuclockid(self._thread)
        held_up, stacks = 0.0, Counter[str]()
        signs, at, cpu = self._signs, time.monotonic(), time.clock_gettime(clock)
        while True:
            time.sleep(_PERIOD_S)
            before, (signs, at, cpu) = (signs, at, cpu), (self._signs, time.monotonic(), time.clock_gettime(clock))
            frame = sys._current_frames()[self._thread]
            if signs != before[0]:
                if held_up > _HELD_UP_S:
                    self.gaps.append({"seconds": held_up, "stacks": [stack for stack, _ in stacks.most_common(3)]})
                held_up, stacks = 0.0, Counter()
            elif frame.f_code.co_filename != selectors.__file__:
                computed, passed = cpu - before[2], at - before[1]
                asleep = (
                    computed < _IDLE_CPU_S and passed < _REGULAR_S and status.read_text().rpartition(")")[2].split()[0] != "R"
                )
                held_up += passed if asleep else computed
                stacks["\n".join(_lines(frame))] += 1


def _lines(frame: FrameType | None) -> list[str]:
    """The innermost calls, the innermost last."""
    lines: list[str] = []
    while frame is not None and len(lines) < _INNERMOST:
        lines.insert(0, f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return lines


class LagHandler(APIHandler):
    """POST: watch from now on. GET: each time that the loop was held up since, in seconds, with the stacks seen meanwhile."""

    @web.authenticated
    async def post(self) -> None:
        """See above."""
        self.settings["lag"].start()
        await self.finish({})

    @web.authenticated
    async def get(self) -> None:
        """See above."""
        await self.finish({"gaps": self.settings["lag"].gaps})
