"""An executor at one moment, as Spark and, on a cluster, its pod tell it together. Fields are named as in the feed's schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Executor:
    """One executor. ``id`` is Spark's number for it, or its pod's name where it has none yet; ``app`` is the application that
    its pod was made for. ``next_step`` is what helps against ``reason``, where that is known; the feed tells it in findings.
    """

    id: str
    state: str
    reason: str | None = None
    said: str | None = None
    next_step: str | None = None
    pod: str | None = None
    node: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    cores: int | None = None
    tasks_active: int | None = None
    tasks_done: int | None = None
    tasks_failed: int | None = None
    memory_used: int | None = None
    memory_total: int | None = None
    gc_share: float | None = None
    shuffle_read: int | None = None
    shuffle_write: int | None = None
    log: tuple[str, ...] | None = None
    app: str | None = None


@dataclass(frozen=True)
class Counts:
    """How many executors there are, and how many Spark wants."""

    wanted: int
    running: int
    pending: int
    failed: int
