"""A Jupyter server extension for tests: watches the server's event loop and names the step that holds it up.

The loop gives a sign of life every few milliseconds. A thread that misses it looks where the loop's thread is, again and
again until the next sign. A loop that waits in ``select`` then was only given no processor: that is the machine's doing.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

if TYPE_CHECKING:
    from types import FrameType

    from jupyter_server.serverapp import ServerApp

EXTENSIONS = {"jupyter_sparkk8s": True, "tests.support.lag": True}
_PERIOD_S = 0.01
_LATE_S = 0.05
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
        self._sign_at, self._thread = 0.0, 0
        self._stacks: Counter[str] = Counter()

    def start(self) -> None:
        """Forget what was seen, and watch."""
        self.gaps.clear()
        if not self._thread:
            self._thread, self._sign_at = threading.get_ident(), time.monotonic()
            self._sign()
            threading.Thread(target=self._look, name="loop-watch", daemon=True).start()

    def _sign(self) -> None:
        """On the loop: a sign of life."""
        now = time.monotonic()
        late = now - self._sign_at - _PERIOD_S
        if self._stacks:
            self.gaps.append({"seconds": late, "stacks": [stack for stack, _ in self._stacks.most_common(3)]})
            self._stacks = Counter()
        self._sign_at = now
        asyncio.get_running_loop().call_later(_PERIOD_S, self._sign)

    def _look(self) -> None:
        """On the thread that watches."""
        while True:
            time.sleep(_PERIOD_S)
            if time.monotonic() - self._sign_at > _LATE_S:
                frame = sys._current_frames()[self._thread]
                if frame.f_code.co_filename != selectors.__file__:
                    self._stacks["\n".join(_lines(frame))] += 1


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
