"""Why a starting pod does not come to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.layout import DRIVER_CONTAINER
from ...models.phase import Phase
from ..deaths import death_cause, disruption_of
from .exits import container_trouble, exit_cause, not_started
from .images import image_trouble
from .scheduling import placement_trouble
from .seen import ADMIN, NEVER, Trouble
from .volumes import volume_trouble

if TYPE_CHECKING:
    from ...models.driver import JsonObject
    from ...models.phase import StartPhase
    from .seen import Seen

# What a start does that nothing is known to be wrong with.
_DOING = {
    Phase.CREATED: "No node had been chosen for its pod.",
    Phase.QUEUED: "No node had taken its pod.",
    Phase.SCHEDULED: "The node {} had not begun with its pod.",
    Phase.PULLING: "Its image was still being pulled.",
    Phase.MOUNTING: "The node was still preparing its pod (volumes, container).",
    Phase.STARTING_PYTHON: "Its Python runs, and does not answer.",
}


def start_trouble(seen: Seen, grace_s: float, log: str = "") -> Trouble | None:
    """What keeps the pod from running; None while nothing does. What may heal by itself has ``grace_s`` seconds, or longer
    where that is known to help. ``log``: the last lines of a container that has ended.
    """
    return _ended(seen, log) or waiting_trouble(seen, grace_s) or _before(seen) or _lost(seen)


def waiting_trouble(seen: Seen, grace_s: float) -> Trouble | None:
    """What a pod that has not ended waits for and may not get: an image, a node, a volume, a container's setting."""
    containers = (image_trouble(each, seen) or container_trouble(each) for each in seen.containers)
    return next(filter(None, containers), None) or placement_trouble(seen, grace_s) or volume_trouble(seen)


def _ended(seen: Seen, log: str) -> Trouble | None:
    status = seen.status
    if status.get("reason") == "Evicted":
        return final(death_cause(seen.pod, gone=False))
    if _failed(seen) and status.get("reason"):  # the pod as a whole: out of time, refused by the node
        return final(_whole(str(status["reason"]), str(status.get("message") or "")))
    if name := ended_container(seen):
        if hook := seen.last("FailedPostStartHook"):
            return final(not_started("PostStartHookError", str(hook.get("message", ""))))
        if unwell := seen.last("Unhealthy"):  # a probe of the administrator's
            log = "\n".join(part for part in (log, str(unwell.get("message", ""))) if part)
        ended = next(each["state"]["terminated"] for each in seen.containers if each["name"] == name)
        if ended.get("reason") == "OOMKilled" and name == DRIVER_CONTAINER:
            return final(death_cause(seen.pod, gone=False))
        return final(exit_cause(ended, log, name))
    if status.get("phase") in ("Failed", "Succeeded"):
        if disruption_of(seen.pod):
            return final(death_cause(seen.pod, gone=False))
        return final(Cause("The pod ended before its kernel ran.", str(status.get("message") or ""), ADMIN))
    return None


def _whole(reason: str, message: str) -> Cause:
    titles = {
        "DeadlineExceeded": "The pod's time was over before its kernel ran (activeDeadlineSeconds).",
        "NodeLost": "The node that the pod was on is gone.",
        "Shutdown": "The node that the pod was on was shut down.",
        "NodeShutdown": "The node that the pod was on was shut down.",
        "Terminated": "The node that the pod was on was shut down.",
    }
    title = titles.get(reason, "The node refused the pod." if "rejected" in message else "The pod ended before its kernel ran.")
    return Cause(title, ": ".join(part for part in (reason, message) if part), ADMIN)


def _before(seen: Seen) -> Trouble | None:
    """A container that the kernel's waits for."""
    if not any(each.get("state", {}).get("waiting", {}).get("reason") == "PodInitializing" for each in seen.containers):
        return None
    running = [each["name"] for each in seen.status.get("initContainerStatuses", []) if "running" in each.get("state", {})]
    if not running:
        return None
    title = f"The container {running[-1]}, which runs before the kernel's, has not ended yet."
    return Trouble(Cause(title, "", f"It comes from c.SparkK8s.driver_pod_extra. {ADMIN}"), NEVER, Phase.MOUNTING)


def _lost(seen: Seen) -> Trouble | None:
    """A node that has the pod, and says nothing any more."""
    silent = seen.last("NodeNotReady")
    if not silent:
        return None
    title = f"The node {seen.spec.get('nodeName', '')} does not answer any more."
    return Trouble(Cause(title, str(silent.get("message", "")), ADMIN), NEVER, Phase.SCHEDULED)


def final(cause: Cause) -> Trouble:
    """What nothing will heal."""
    return Trouble(cause, 0, Phase.CREATED)


def ended_container(seen: Seen) -> str | None:
    """The container whose end is a failure: the driver's, or one that runs before it; None where none has ended so."""
    before = seen.status.get("initContainerStatuses", [])
    for container in seen.containers:
        ended = container.get("state", {}).get("terminated")
        if ended and (
            container["name"] == DRIVER_CONTAINER or (container in before and ended.get("exitCode") and _failed(seen))
        ):
            return str(container["name"])
    return None


def taken_away(pod: JsonObject) -> Trouble:
    """The pod is gone before its kernel was there; ``pod`` is its last state."""
    return final(death_cause(pod, gone=True))


def too_slow(limit_s: float, phase: StartPhase, cause: Cause | None) -> Cause:
    """A start that took longer than it may; ``cause`` is what it waited for, where that is known."""
    doing = _DOING.get(phase.phase, "").format(phase.node)
    known = cause or Cause(doing, phase.said, f"Raise c.SparkK8s.start_timeout_s, or: {ADMIN.lower()}")
    return Cause(f"The kernel did not start within {limit_s:g} s. {known.title}".strip(), known.said, known.next_step)


def _failed(seen: Seen) -> bool:
    return bool(seen.status.get("phase") == "Failed")
