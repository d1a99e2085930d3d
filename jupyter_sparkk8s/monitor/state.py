"""All that is known of one kernel at one moment, and what the feed says of it; pure. Leaves out how it was learnt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ..models.phase import Phase
from .executors import counts
from .findings import findings
from .possible import possible
from .serialiser import serialise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import Cause
    from ..models.application import Application, Job, Stage, Straggler
    from ..models.driver import DriverFacts, JsonObject
    from ..models.executor import Executor
    from ..provisioner.lives import Life

_START_PHASES = {phase.value for phase in Phase}
# A session that is not there after so long is not in the making any more: its cell says why.
_SPARK_START_S = 180.0


@dataclass(frozen=True)
class SparkState:
    """What Spark has told of itself; ``ended`` where an application was there and is not any more."""

    application: Application | None = None
    ended: bool = False
    jobs: Sequence[Job] = ()
    stages: Sequence[Stage] = ()
    executors: Sequence[Executor] = ()
    wanted: int | None = None
    stragglers: Sequence[Straggler] = ()


@dataclass(frozen=True)
class KernelState:
    """One kernel. ``alive`` is whether its driver has not ended; ``executors`` are what Spark and the cluster know; for
    ``missing_s`` seconds there have been fewer than Spark wants, even with those that wait, and ``refusal`` is why, where that
    is known. ``ui_why_not`` is what keeps its UI from this server, where that is more than that there is none.
    """

    kernel_id: str
    alive: bool
    full: bool
    facts: DriverFacts
    spark: SparkState = SparkState()
    executors: Sequence[Executor] = ()
    ui_why_not: str | None = None
    memory_used: int | None = None
    chart: Mapping[int, int] = field(default_factory=dict)
    missing_s: float = 0.0
    refusal: Cause | None = None
    interval_s: float = 5.0
    interval_reason: str | None = None
    stale_s: int = 0
    stale_reason: str | None = None


def view(life: Life, state: KernelState, now: float) -> JsonObject:
    """What the feed says of a kernel."""
    phase = phase_of(life, state, now)
    spark = state.spark
    executors = state.executors if state.alive else ()
    tally = counts(executors, spark.wanted if spark.application is not None else None)
    # While nobody sees the kernel its executors are not read: how many slots there are by now is not known.
    slots = spark.application.cores_total if spark.application is not None and state.full else 0
    jobs = [_with_wait(job, tally.running) for job in possible(spark.jobs, slots)]
    found = findings(life.death, state, jobs, executors, tally, now) if state.alive else []
    kernel = serialise(
        {
            **vars(state),
            "backend": state.facts.backend,
            "notebook": life.start.get("notebook", ""),
            "path": life.path or None,
            "phase": phase,
            "session": state.facts.session.value if state.facts.session is not None else None,
            "start": _start(life) if phase in _START_PHASES or phase == "failed" else None,
            "death": _death(life),
            "driver": {**vars(state.facts), "memory_used": state.memory_used, "ui": _ui(state, phase)},
            "application": spark.application,
            "counts": tally,
            "executors": {},
            "jobs": {job.id: job for job in jobs},
            "stages": {stage.key: stage for stage in possible(spark.stages, slots)},
            "findings": found,
        },
        "Kernel",
    )
    kernel["executors"] = {each.id: _executor(each) for each in executors}
    return kernel


@lru_cache(maxsize=4096)
def _executor(executor: Executor) -> JsonObject:
    """There may be a thousand, of which few change between two views."""
    return serialise(executor, "Executor")


def phase_of(life: Life, state: KernelState, now: float) -> str:
    """How far the kernel is."""
    phase = str(life.start.get("phase", "created"))
    if phase == "failed":
        return "failed"
    if phase != "started":
        return phase
    if not state.alive:
        return "dead"
    if state.spark.application is not None:
        return "ready"
    if state.spark.ended:
        return "stopped"
    begins = any(step["phase"] == Phase.STARTING_SPARK.value for step in life.steps) and not state.facts.why_no_ui
    return Phase.STARTING_SPARK.value if begins and now - life.began_at < _SPARK_START_S else "python"


def _start(life: Life) -> JsonObject:
    """A step that is told again, with what it waits for, is the same step. A failure is one, too: it ends the one before."""
    steps: list[JsonObject] = []
    for step in life.steps:
        if steps and steps[-1]["phase"] == step["phase"]:
            steps[-1] = {**step, "elapsed_s": steps[-1]["elapsed_s"]}
        elif step["phase"] in _START_PHASES or step["phase"] == "failed":
            steps.append(dict(step))
    return {"began_at": life.began_at, "launch": life.start.get("launch", 1), "steps": steps}


def _death(life: Life) -> JsonObject | None:
    if life.death is not None:
        return life.death
    if life.start.get("phase") == "failed":
        return {"cause": life.start["cause"], "count": 1, "restarts": False}
    return None


def _ui(state: KernelState, phase: str) -> JsonObject:
    why_not = {
        "ready": None,
        "dead": "The driver has ended.",
        "failed": "The kernel did not start.",
        "stopped": "This notebook's Spark was stopped. A new one: spark = SparkSession.builder.getOrCreate()",
        "python": "Spark has not started yet.",
    }.get(phase, "The kernel is still starting.")
    if why_not is not None and state.alive:
        why_not = state.ui_why_not or why_not
    if why_not is not None:
        return {"available": False, "why_not": why_not}
    return {"available": True, "path": f"sparkk8s/ui/{state.kernel_id}/"}


def _with_wait(job: Job, running: int) -> Job:
    """A job of which nothing runs says what it waits for, where that is plain."""
    if job.state == "running" and not job.tasks.running and not running and job.tasks.done < job.tasks.total:
        return replace(job, waits="No executor runs yet.")
    return job
