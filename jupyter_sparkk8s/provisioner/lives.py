"""What is told of each kernel of one application beside Jupyter's own model: how far its start is, who drives it, and why it
died. The reason of a death outlives its kernel. Leaves out how it is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..backends.base import Driver
    from ..errors import Cause

# Of kernels that are gone the last ones are remembered: the reason of a death is looked for soon.
_REMEMBERED = 200


@dataclass
class Life:
    """One kernel. ``start`` and ``death`` are the last events of their kind, as they were emitted; see the event schemas.
    ``steps`` are the events of the latest start, which began at ``began_at`` (seconds since 1970); ``driver`` is its driver.
    ``path`` is folder and name of the session that it was started for; empty where there was none.
    """

    start: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    began_at: float = 0.0
    driver: Driver | None = None
    path: str = ""
    death: dict[str, Any] | None = None
    _deaths: Counter[str] = field(default_factory=Counter)

    def count(self, cause: Cause) -> int:
        """Count a death; how many there were of this cause."""
        self._deaths[cause.title] += 1
        return self._deaths[cause.title]

    def begin_anew(self) -> None:
        """Its user has restarted the kernel: what was before counts no more."""
        self.death = None
        self._deaths.clear()


class Lives:
    """By kernel id, the oldest first."""

    def __init__(self) -> None:
        self._known: dict[str, Life] = {}
        self.listeners: set[Callable[[], None]] = set()
        """Called after each change of a life, on whichever thread it came."""

    def get(self, kernel_id: str) -> Life | None:
        """What is known of a kernel; None of a stranger."""
        return self._known.get(kernel_id)

    def of(self, kernel_id: str) -> Life:
        """The life of a kernel, begun if it has not."""
        life = self._known[kernel_id] = self._known.pop(kernel_id) if kernel_id in self._known else Life()
        for old in list(self._known)[:-_REMEMBERED]:
            del self._known[old]
        return life

    def __iter__(self) -> Iterator[tuple[str, Life]]:
        """All that are known, with their kernels' ids."""
        return iter(list(self._known.items()))

    def forget(self, kernel_id: str) -> None:
        """The kernel has been removed by who had it."""
        self._known.pop(kernel_id, None)
        self.tell()

    def tell(self) -> None:
        """Something has changed."""
        for listener in list(self.listeners):
            listener()
