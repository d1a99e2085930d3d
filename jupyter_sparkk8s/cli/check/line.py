"""One line of the check: what was looked at, how it is, and what to do where it is not well."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...errors import Cause
    from ...models.driver import JsonObject


class Verdict(str, Enum):
    """``UNKNOWN``: it could not be found out, for instance because the login may not ask."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Line:
    """``said`` is what was seen; ``next_step`` is for what is wrong or unknown."""

    name: str
    verdict: Verdict
    said: str
    next_step: str = ""

    def as_json(self) -> JsonObject:
        """All of it, for ``--json``."""
        return asdict(self) | {"verdict": self.verdict.value}

    def text(self) -> str:
        """For a terminal: one line, and the next step below it."""
        words = f"{self.verdict.value:<8} {self.name}: {' '.join(self.said.split())}"
        return words + (f"\n{'':8} → {' '.join(self.next_step.split())}" if self.next_step else "")


def ok(name: str, said: str) -> Line:
    """It is as it should be."""
    return Line(name, Verdict.OK, said)


def wrong(name: str, said: str, next_step: str) -> Line:
    """Kernels won't work, or not safely."""
    return Line(name, Verdict.WRONG, said, next_step)


def unknown(name: str, said: str, next_step: str) -> Line:
    """It could not be found out."""
    return Line(name, Verdict.UNKNOWN, said, next_step)


def of_cause(name: str, cause: Cause) -> Line:
    """What Kubernetes says against it."""
    return wrong(name, f"{cause.title} {cause.said}", cause.next_step)
