"""Since when executors are missing, and what Kubernetes says to another one: what it refuses leaves no pod, and Spark says
nothing of it. Counts only while somebody looks: else nobody reads which executors there are. Leaves out how many are wanted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..errors import Cause

# Spark asks for executors in rounds, each second: of those that don't come for so long Kubernetes is asked, and again.
_SHORT_S, _REFUSAL_S = 3.0, 10.0


class Missing:
    """Executors of one kernel."""

    def __init__(self) -> None:
        self.refusal: Cause | None = None
        self._is_watched = False
        self._complete_at = self._left_at = time.monotonic()
        self._asked_at = float("-inf")

    def watch(self, *, watched: bool) -> None:
        """Somebody looks, or nobody any more: what was known last holds until then."""
        now = time.monotonic()
        if watched:
            self._complete_at += now - self._left_at
        self._is_watched, self._left_at = watched, now

    @property
    def seconds(self) -> float:
        """For how long there have been too few."""
        return (time.monotonic() if self._is_watched else self._left_at) - self._complete_at

    def note(self, lacks: bool) -> None:
        """Whether there are too few now."""
        if self._is_watched and not lacks:
            self._complete_at = time.monotonic()

    async def ask(self, lacks: bool, refusal: Callable[[], Awaitable[Cause | None]]) -> None:
        """Ask for a refusal where executors have been missing for a while, and not too often."""
        if not self._is_watched:
            return
        if not lacks or self.seconds < _SHORT_S:
            self.forget()
        elif time.monotonic() - self._asked_at >= _REFUSAL_S:
            self._asked_at = time.monotonic()
            self.refusal = await refusal()

    def forget(self) -> None:
        """A new driver, or no executor is missing."""
        self.refusal, self._asked_at = None, float("-inf")
