"""What is wrong with a kernel's Spark, in words, worst first; pure. Why a kernel has died is not among it: that is its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..models.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from ..models.application import Job, Stage, Straggler
    from ..models.executor import Counts, Executor
    from .state import KernelState

# What the scheduler adds to each of its sentences; the executor's details hold all of it.
_ASIDE = re.compile(r"[ ,]*no new claims to deallocate|[ ,]*preemption: .*|\. not found$", re.DOTALL)
_RANK = {"error": 0, "warning": 1, "info": 2}
_MEMORY_SHARE = 0.9  # of the driver's limit
_MISSING_S = 20.0  # Spark asks for more executors in rounds, each second
_FAILURES = 3  # executors that failed one after the other
_LONG = 100  # of what is said of an end that is understood: the executor's details hold it
_FEW, _CAUSED = 3, "Caused by: "  # lines of an executor's log; how Java's exceptions begin the line of their cause
_NEWS_S = 600.0  # for so long one alone is told of; the table keeps it
_GC_SHARE, _GC_TASKS = 0.15, 5  # Spark's own UI marks a tenth in red
_SPILLED = 256 << 20
_SLOWER, _SLOW_S = 4.0, 20.0
# Of pyspark in a failed stage, and of our own start script of executors.
_VERSION_WORDS = ("PYTHON_VERSION_MISMATCH", "different minor versions", "they must be the same")


def findings(
    death: Mapping[str, Any] | None,
    state: KernelState,
    jobs: Sequence[Job],
    executors: Sequence[Executor],
    counts: Counts,
    now: float,
) -> list[Finding]:
    """All that holds at this moment, in seconds since 1970."""
    spark = state.spark
    found: list[Finding] = []
    if death is not None:
        found.append(_died(death))
    found += _unseen(state)
    found += _versions(spark.stages, executors)
    found += _pending(executors, counts)
    found += _missing(state, counts)
    found += _failing(executors, now, "stop-application" if spark.application is not None else None)
    if not any(each.id.startswith("executors-") for each in found):
        found += _waiting(jobs, counts)
    found += _memory(state)
    found += _slow(spark.stragglers)
    found += _spilling(spark.stages)
    found += _collecting(executors)
    return sorted(found, key=lambda finding: _RANK[finding.severity])


def _died(death: Mapping[str, Any]) -> Finding:
    cause, times = death["cause"], death["count"]
    again = "It has been started again, without what its cells had made." if death["restarts"] else ""
    title = f"The kernel ended {times} times for the same reason" if times > 1 else "The kernel ended and was started again"
    return Finding("death", "error", title, _sentences(cause["title"], cause["said"], again), cause["next_step"], "dismiss")


def _unseen(state: KernelState) -> Iterator[Finding]:
    """Where the settings keep the Spark UI away, nobody here knows whether Spark runs."""
    if state.spark.application is None and (why := state.facts.why_no_ui) is not None:
        step = "Cells can use Spark all the same. To see here what it does, show this to your administrator."
        yield Finding("spark-unseen", "info", "The panel can't see this kernel's Spark", why, step)


def _pending(executors: Sequence[Executor], counts: Counts) -> Iterator[Finding]:
    waiting = [each for each in executors if each.state == "pending" and each.reason]
    if not waiting:
        return
    reasons = list(dict.fromkeys(str(each.reason) for each in waiting))
    said = list(dict.fromkeys(_ASIDE.sub("", each.said) for each in waiting if each.said))[:1]
    if counts.running:
        title = f"{len(waiting)} of {counts.wanted} executors can't start"
        step = "Your jobs run on the others. Ask for fewer or smaller executors, or show this to your administrator."
    else:
        title = "No executor can start"
        step = "Ask for fewer or smaller executors, wait for room, or show this to your administrator."
    if (helps := next((each.next_step for each in waiting if each.next_step), None)) is not None:
        step = f"Your jobs run on the others. {helps}" if counts.running else helps
    severity = "warning" if counts.running else "error"
    yield Finding("executors-pending", severity, title, _sentences(*reasons[:3], *said), step)


def _missing(state: KernelState, counts: Counts) -> Iterator[Finding]:
    """Those that Spark wants and that have not even a pod."""
    there = counts.running + counts.pending
    if there >= counts.wanted:
        return
    if (refusal := state.refusal) is not None:
        title = f"{counts.wanted - there} of {counts.wanted} executors can't start" if there else "No executor can start"
        severity = "warning" if counts.running else "error"
        yield Finding("executors-missing", severity, title, _sentences(refusal.title, refusal.said), refusal.next_step)
        return
    if state.missing_s < _MISSING_S:
        return
    cause = f"Spark wants {counts.wanted} and has {there}, and none is on its way."
    step = "Restart the kernel."
    if state.facts.backend == "kubernetes":
        cause += " Where Kubernetes refuses their pods, the notebook says so below a cell."
        step = "Ask for fewer or smaller executors, or show this to your administrator."
    yield Finding("executors-missing", "warning" if there else "error", "Executors are missing", cause, step)


def _failing(executors: Sequence[Executor], now: float, action: str | None) -> Iterator[Finding]:
    ended = sorted((each for each in executors if each.state in ("failed", "lost")), key=lambda each: each.ended_at or 0)
    lost = [each for each in ended if each.state == "lost"]
    joined = max((each.started_at or 0 for each in executors if each.state == "running"), default=0.0)
    in_a_row = [each for each in ended if (each.ended_at or 0) >= joined]
    if len(in_a_row) >= _FAILURES:
        last = in_a_row[-1]
        why = _why(last)
        title = f"{len(in_a_row)} executors in a row have failed"
        step = last.next_step or (
            "The last lines of its log are in the table of executors. If it was memory: more partitions, or larger executors."
        )
        yield Finding("executors-failing", "error", title, why, step, action)
    elif ended and now - (ended[-1].ended_at or now) < _NEWS_S:
        last = ended[-1]
        title = f"Executor {last.id} was lost" if last in lost else f"Executor {last.id} failed"
        why = _why(last)
        helps = f"If it comes back: {last.next_step}" if last.next_step else "There is nothing to do, unless it happens again."
        step = f"Spark does its tasks again on other executors. {helps}"
        yield Finding(f"executor-{last.id}", "warning", title, why, step)


def _why(ended: Executor) -> str:
    said = ended.said or ""
    shown = said if len(said) < _LONG or not ended.reason else ""
    return _sentences(ended.reason, shown or _telling(ended.log or ())) or "Spark does not say why."


def _telling(log: Sequence[str]) -> str:
    """Of the end of a log, what may say why: all of it where it is short, else the last cause of an exception."""
    lines = [line.strip() for line in log if line.strip()]
    return (
        _sentences(*lines) if len(lines) <= _FEW else next((each for each in reversed(lines) if each.startswith(_CAUSED)), "")
    )


def _waiting(jobs: Sequence[Job], counts: Counts) -> Iterator[Finding]:
    """Where nothing says why."""
    stuck = [job for job in jobs if job.waits]
    if stuck:
        first = stuck[0]
        cause = f"Job {first.id} ({first.description}) waits: no executor runs. {counts.wanted} are wanted."
        step = "They may be there in a moment. If not: ask for smaller executors, or show this to your administrator."
        yield Finding("job-waits", "warning", "A job waits for executors", cause, step)


def _memory(state: KernelState) -> Iterator[Finding]:
    used, limit = state.memory_used, state.facts.memory_limit
    if used is None or limit is None or used < _MEMORY_SHARE * limit:
        return
    cause = f"It uses {_gib(used)} of {_gib(limit)} GiB. At {_gib(limit)} GiB Kubernetes ends the kernel."
    step = "Avoid toPandas() and collect() on the whole table, delete what you don't need, or choose a larger profile."
    yield Finding("driver-memory", "warning", "The driver's memory is nearly full", cause, step)


def _slow(stragglers: Sequence[Straggler]) -> Iterator[Finding]:
    for each in stragglers:
        if each.running_s > _SLOW_S and each.running_s > _SLOWER * each.median_s:
            times = each.running_s / max(each.median_s, 0.1)
            cause = (
                f"In stage {each.stage.id} one task on executor {each.executor} runs for {each.running_s:.0f} s; half of the "
                f"others took less than {each.median_s:.1f} s ({times:.0f} times less)."
            )
            step = "Its part of the data is larger, most likely: many rows with one key. Use repartition(), or salt that key."
            yield Finding(f"skew-{each.stage.key}", "warning", "One task is far slower than the rest", cause, step, "open-ui")


def _spilling(stages: Sequence[Stage]) -> Iterator[Finding]:
    for stage in stages:
        if stage.state == "active" and stage.spilled >= _SPILLED:
            cause = f"Stage {stage.id} has written {_gib(stage.spilled)} GiB to disk, since its data do not fit into memory."
            step = "It is slow, not wrong. More partitions (spark.sql.shuffle.partitions) or larger executors help."
            yield Finding(f"spill-{stage.key}", "info", "Spark spills to disk", cause, step, "open-ui")


def _collecting(executors: Sequence[Executor]) -> Iterator[Finding]:
    busy = [
        each
        for each in executors
        if each.state == "running" and (each.gc_share or 0) > _GC_SHARE and (each.tasks_done or 0) >= _GC_TASKS
    ]
    if busy:
        worst = max(busy, key=lambda each: each.gc_share or 0)
        cause = f"Executor {worst.id} has spent {100 * (worst.gc_share or 0):.0f} % of its tasks' time on it."
        step = "Its memory is nearly full of objects: more partitions, less cached data (unpersist), or larger executors."
        yield Finding("gc", "warning", "Much time goes into garbage collection", cause, step)


def _versions(stages: Sequence[Stage], executors: Sequence[Executor]) -> Iterator[Finding]:
    texts = [text for stage in stages if (text := stage.failure)] + [
        text for each in executors for text in (each.reason, each.said, *(each.log or ())) if text
    ]
    if (said := next((text for text in texts if any(word in text for word in _VERSION_WORDS)), None)) is not None:
        step = "Driver and executors need an image with the same versions: show this to your administrator."
        yield Finding("versions", "error", "Driver and executors have different versions", said, step)


def _sentences(*parts: str | None) -> str:
    """One after the other; the system's own words often have no full stop."""
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f}"
