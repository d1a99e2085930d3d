"""How far a starting pod is; pure. What may heal is part of it, what can't is ``causes``'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.layout import DRIVER_CONTAINER
from ..models.phase import Phase, StartPhase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject


def start_phase(pod: JsonObject, events: Sequence[JsonObject]) -> StartPhase:
    """The step that a pod and the events about it show."""
    status, node = pod.get("status", {}), str(pod.get("spec", {}).get("nodeName") or "")
    if any("running" in each.get("state", {}) for each in _containers(status) if each["name"] == DRIVER_CONTAINER):
        return StartPhase(Phase.STARTING_PYTHON, node=node)
    if any(event.get("reason") == "Pulling" for event in events):
        return StartPhase(Phase.PULLING, node=node)
    if node:
        return StartPhase(Phase.SCHEDULED, node=node)
    return StartPhase(Phase.CREATED)


def _containers(status: JsonObject) -> list[JsonObject]:
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
