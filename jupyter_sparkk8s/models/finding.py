"""Something that is wrong with a kernel's Spark, in words for who uses it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """``id`` stays the same as long as the trouble does; ``severity`` is error, warning or info; ``action`` is the feed's
    name for what one click can do.
    """

    id: str
    severity: str
    title: str
    cause: str
    next_step: str
    action: str | None = None
