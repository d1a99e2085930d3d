"""One list of executors out of two: Spark knows those that have reported to it, the cluster those that have a pod; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..models.executor import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..models.executor import Executor

_HERE = ("running", "excluded")
_WAITING = ("pending", "starting")
_ENDED_SHOWN = 20


def join(reported: Iterable[Executor], pods: Iterable[Executor]) -> list[Executor]:
    """What Spark reports of each executor, with what only its pod knows: where it is, why it waits or has ended."""
    spark = {each.id: each for each in reported}
    joined: dict[str, Executor] = {}
    for pod in pods:
        known = spark.pop(pod.id, None)
        if known is None and pod.state == "ended":
            continue
        joined[pod.id] = pod if known is None else _both(known, pod)
    joined.update(spark)
    ended = sorted(
        (each for each in joined.values() if each.state in ("failed", "lost", "ended")), key=lambda e: e.ended_at or 0
    )
    for old in ended[:-_ENDED_SHOWN]:
        del joined[old.id]
    return list(joined.values())


def _both(known: Executor, pod: Executor) -> Executor:
    placed = replace(known, pod=pod.pod, node=pod.node or known.node)
    # Spark may have given it up before its pod has ended; and of a pod that is deleted it knows whether it asked for that.
    if pod.state in (*_WAITING, "running") or (pod.state == "ended" and known.state in ("failed", "lost")):
        return placed
    ended_at, said = pod.ended_at or known.ended_at, pod.said or known.said
    return replace(placed, state=pod.state, reason=pod.reason, said=said, log=pod.log, ended_at=ended_at)


def counts(executors: Sequence[Executor], wanted: int | None) -> Counts:
    """How many there are. Where nobody says how many are wanted, it is those there are."""
    running = sum(each.state in _HERE for each in executors)
    pending = sum(each.state in _WAITING for each in executors)
    failed = sum(each.state in ("failed", "lost") for each in executors)
    return Counts(running + pending if wanted is None else wanted, running, pending, failed)
