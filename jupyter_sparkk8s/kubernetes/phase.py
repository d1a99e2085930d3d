"""How far a starting pod is; pure. What may heal is part of it; what can't is for ``causes`` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.layout import DRIVER_CONTAINER
from ..models.phase import Phase, StartPhase

if TYPE_CHECKING:
    from .causes import Seen, Trouble


def start_phase(seen: Seen, trouble: Trouble | None) -> StartPhase:
    """The step that a pod is at; ``trouble`` is what keeps it there for now."""
    node = str(seen.spec.get("nodeName") or "")
    if trouble is not None:
        return StartPhase(trouble.phase, trouble.cause.said, node, trouble.cause.title)
    # What is not known to be trouble is told raw, where nothing has come after it.
    last = next(iter(reversed(seen.about())), {})
    said = str(last.get("message", "")) if last.get("type") == "Warning" else ""
    return StartPhase(_phase(seen, node), said, node)


def _phase(seen: Seen, node: str) -> Phase:
    if any("running" in each.get("state", {}) for each in seen.containers if each["name"] == DRIVER_CONTAINER):
        return Phase.STARTING_PYTHON
    if seen.last("Pulling", "Pulled", "Created", "Started").get("reason") == "Pulling":
        return Phase.PULLING
    if seen.condition("PodReadyToStartContainers"):  # the node's kubelet has the pod
        return Phase.MOUNTING
    if node:
        return Phase.SCHEDULED
    return Phase.QUEUED if seen.condition("PodScheduled").get("status") == "False" else Phase.CREATED
