"""What is told of each kernel of one application beside Jupyter's own model: how far its start is, and why it died.
The reason of a death outlives its kernel. Leaves out how it is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..errors import Cause

# Of kernels that are gone the last ones are remembered: the reason of a death is looked for soon.
_REMEMBERED = 200


@dataclass
class Life:
    """One kernel. ``start`` and ``death`` are the last events of their kind, as they were emitted; see the event schemas."""

    start: dict[str, Any] = field(default_factory=dict)
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

    def get(self, kernel_id: str) -> Life | None:
        """What is known of a kernel; None of a stranger."""
        return self._known.get(kernel_id)

    def of(self, kernel_id: str) -> Life:
        """The life of a kernel, begun if it has not."""
        life = self._known[kernel_id] = self._known.pop(kernel_id) if kernel_id in self._known else Life()
        for old in list(self._known)[:-_REMEMBERED]:
            del self._known[old]
        return life

    def forget(self, kernel_id: str) -> None:
        """The kernel has been removed by who had it."""
        self._known.pop(kernel_id, None)
