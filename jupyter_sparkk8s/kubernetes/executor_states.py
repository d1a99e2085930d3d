"""What an executor's pod tells of it, for people; pure. Leaves out what Spark knows of it, and pods that were never made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.executor import Executor
from ..models.exits import in_words
from ..models.layout import EXECUTOR_CONTAINER, REFUSED_EXIT
from .causes import Seen
from .causes.starts import waiting_trouble
from .deaths import disruption_of
from .driver_facts import epoch
from .pods import container_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject

_ID, _APP = "spark-exec-id", "spark-app-selector"  # Spark's labels


def executor_of(pod: JsonObject, events: Sequence[JsonObject] = (), log: Sequence[str] = ()) -> Executor:
    """One executor. ``events`` are about its pod, ``log`` is the end of its log, where it has failed."""
    metadata, status = pod["metadata"], pod.get("status", {})
    labels = metadata.get("labels", {})
    state, reason, said, ended_at = _state(Seen(pod, tuple(events)))
    return Executor(
        id=labels.get(_ID) or metadata["name"],
        state=state,
        reason=reason or None,
        said=said or None,
        pod=metadata["name"],
        node=pod.get("spec", {}).get("nodeName"),
        started_at=epoch(status.get("startTime") or metadata.get("creationTimestamp")),
        ended_at=ended_at,
        log=tuple(log) or None,
        app=labels.get(_APP),
    )


def _state(seen: Seen) -> tuple[str, str, str, float | None]:
    """State, reason, the system's words, and the end."""
    status, metadata = seen.status, seen.pod["metadata"]
    ended = container_state(seen.pod, "terminated", EXECUTOR_CONTAINER)
    ended_at = epoch(ended.get("finishedAt") or metadata.get("deletionTimestamp"))
    if disruption := disruption_of(seen.pod):
        said = str(disruption.get("message") or disruption["reason"])
        return "lost", "Its node was drained or lost, or its place was needed by others.", said, ended_at
    if status.get("reason") == "Evicted":
        return "lost", "Kubernetes evicted it from its node.", str(status.get("message", "")), ended_at
    if ended.get("reason") == "OOMKilled":
        return "failed", "It used more memory than its pod has.", f"OOMKilled, exit code {ended.get('exitCode')}", ended_at
    if ended.get("exitCode") == REFUSED_EXIT:
        return "failed", str(ended.get("message", "")).strip(), "", ended_at
    if "deletionTimestamp" in metadata:
        return "ended", "", "", ended_at
    if ended:
        code = int(ended.get("exitCode", 0))
        return ("ended", "", "", ended_at) if code == 0 else ("failed", f"It ended: {in_words(code)}.", "", ended_at)
    if status.get("phase") == "Failed":
        said = ": ".join(str(part) for part in (status.get("reason"), status.get("message")) if part)
        return "failed", "Kubernetes ended it.", said, ended_at
    if status.get("phase") == "Running":
        return "starting", "", "", None
    return ("pending", *_why_pending(seen), None)


def _why_pending(seen: Seen) -> tuple[str, str]:
    if (trouble := waiting_trouble(seen, 0.0)) is not None:
        return trouble.cause.title, trouble.cause.said
    last = seen.last("Pulling", "Pulled", "Created", "Started")
    if last.get("reason") == "Pulling":
        return "Its image is being pulled.", str(last.get("message", ""))
    return "", ""


def is_failed(pod: JsonObject) -> bool:
    """Whether the executor's program has ended with an error: then its log tells more."""
    return bool(container_state(pod, "terminated", EXECUTOR_CONTAINER).get("exitCode"))
