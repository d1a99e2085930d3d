"""A Spark application, its jobs and its stages at one moment.
Fields are named as in the feed's schema, which holds their units.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Application:
    """What holds for all of it; sums are over the running executors."""

    id: str
    name: str
    spark_version: str
    started_at: float
    cores_total: int = 0
    cores_busy: int = 0
    memory_used: int = 0
    memory_total: int = 0
    active_tasks: int = 0
    task_cpus: int | None = None


@dataclass(frozen=True)
class Work:
    """Counts of tasks; those whose results were there already count as done."""

    total: int
    done: int
    running: int
    failed: int


@dataclass(frozen=True)
class Job:
    """One job. ``cell`` is the number of the execution that it is of."""

    id: int
    state: str
    description: str
    tasks: Work
    stages: tuple[int, ...]
    cell: int | None = None
    group: str | None = None
    submitted_at: float | None = None
    ended_at: float | None = None
    rest_s: float | None = None
    waits: str | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Stage:
    """One attempt of a stage; sizes in bytes."""

    id: int
    attempt: int
    state: str
    description: str
    tasks: Work
    job: int | None = None
    cell: int | None = None
    submitted_at: float | None = None
    ended_at: float | None = None
    rest_s: float | None = None
    input: int = 0
    output: int = 0
    shuffle_read: int = 0
    shuffle_write: int = 0
    spilled: int = 0
    failure: str | None = None

    @property
    def key(self) -> str:
        """By which the feed names it."""
        return f"{self.id}.{self.attempt}"


@dataclass(frozen=True)
class Straggler:
    """The slowest running task of a stage beside what its tasks usually take, in seconds."""

    stage: Stage
    executor: str
    running_s: float
    median_s: float
