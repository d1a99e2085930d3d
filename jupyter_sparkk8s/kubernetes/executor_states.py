"""What an executor's pod tells of it, for people; pure. Leaves out what Spark knows of it, and pods that were never made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..models.executor import Executor
from ..models.exits import HEAP_FULL, KILLED, in_words
from ..models.layout import EXECUTOR_CONTAINER, REFUSED_EXIT
from .causes import Seen
from .causes.executors import of_executor
from .causes.scheduling import ROOM
from .causes.starts import waiting_trouble
from .deaths import disruption_of
from .driver_facts import epoch
from .pods import container_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject

_MEMORY = (
    "More partitions, or larger executors: spark.executor.memoryOverhead for Python's part, c.SparkK8s.executor_memory for all."
)
_HEAP = "More partitions, or larger executors: spark.executor.memory is the JVM's, c.SparkK8s.executor_memory the whole pod's."
_DISK = (
    "More partitions spill less at once; or have the executors' ephemeral-storage limit raised (c.SparkK8s.executor_pod_extra)."
)
# Kubernetes' word for who ends a pod: see ``deaths``.
_DISRUPTIONS = {
    "DeletionByPodGC": "Its node is gone.",
    "DeletionByTaintManager": "Its node was lost, or is closed to it by a taint.",
    "EvictionByEvictionAPI": "It was evicted from its node, as for the node's maintenance.",
    "PreemptionByScheduler": "It had to make room for a pod of higher priority.",
    "TerminationByKubelet": "Its node ended it: it shuts down or was short of something.",
}
_ID, _APP = "spark-exec-id", "spark-app-selector"  # Spark's labels


def executor_of(pod: JsonObject, events: Sequence[JsonObject] = (), log: Sequence[str] = ()) -> Executor:
    """One executor. ``events`` are about its pod, ``log`` is the end of its log, where it has failed."""
    metadata, status = pod["metadata"], pod.get("status", {})
    labels = metadata.get("labels", {})
    found = _state(Seen(pod, tuple(events)))
    return Executor(
        id=labels.get(_ID) or metadata["name"],
        state=found.state,
        reason=found.reason or None,
        said=found.said or None,
        next_step=found.next_step or None,
        pod=metadata["name"],
        node=pod.get("spec", {}).get("nodeName"),
        started_at=epoch(status.get("startTime") or metadata.get("creationTimestamp")),
        ended_at=_ended_at(pod) if found.state in ("ended", "failed", "lost") else None,
        log=tuple(log) or None,
        app=labels.get(_APP),
    )


class _State(NamedTuple):
    """What became of an executor, why, the system's own words, and what helps."""

    state: str
    reason: str = ""
    said: str = ""
    next_step: str = ""


def _state(seen: Seen) -> _State:
    status, metadata = seen.status, seen.pod["metadata"]
    ended = container_state(seen.pod, "terminated", EXECUTOR_CONTAINER)
    code = int(ended.get("exitCode", 0))
    if status.get("reason") == "Evicted":
        said = str(status.get("message", "")).strip()
        return _State("lost", "Kubernetes evicted it from its node.", said, _DISK if "ephemeral" in said else "")
    if disruption := disruption_of(seen.pod):
        said = str(disruption.get("message") or disruption["reason"])
        return _State("lost", _DISRUPTIONS[disruption["reason"]], said)
    # Kubernetes gives this reason, too, for a container of which only a Python of a task was killed, long before its end.
    if ended.get("reason") == "OOMKilled" and code == KILLED:
        return _State("failed", "It used more memory than its pod has.", f"OOMKilled, exit code {code}", _MEMORY)
    if code == HEAP_FULL:
        return _State("failed", "Its JVM had no memory left.", f"OutOfMemoryError, exit code {code}", _HEAP)
    if code == REFUSED_EXIT:
        return _State("failed", str(ended.get("message", "")).strip())
    if "deletionTimestamp" in metadata:
        return _State("ended")
    if ended:
        return _State("failed", f"It ended: {in_words(code)}.") if code else _State("ended")
    if status.get("phase") == "Failed":
        return _State("failed", "Kubernetes ended it.", ": ".join(filter(None, (status.get("reason"), status.get("message")))))
    return _State("starting") if status.get("phase") == "Running" else _pending(seen)


def _ended_at(pod: JsonObject) -> float | None:
    finished = container_state(pod, "terminated", EXECUTOR_CONTAINER).get("finishedAt")
    return epoch(finished or pod["metadata"].get("deletionTimestamp"))


def _pending(seen: Seen) -> _State:
    if (trouble := waiting_trouble(seen, 0.0)) is not None:
        # What helps against a full cluster is said for all executors together.
        step = "" if trouble.cause.next_step == ROOM else of_executor(trouble.cause).next_step
        return _State("pending", trouble.cause.title, trouble.cause.said, step)
    last = seen.last("Pulling", "Pulled", "Created", "Started")
    if last.get("reason") == "Pulling":
        return _State("pending", "Its image is being pulled.", str(last.get("message", "")))
    return _State("pending")


def is_failed(pod: JsonObject) -> bool:
    """Whether the executor's program has ended with an error: then its log tells more."""
    return bool(container_state(pod, "terminated", EXECUTOR_CONTAINER).get("exitCode"))
