"""What is known of a start, and what the other modules here make of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.layout import DRIVER_CONTAINER, EXECUTOR_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...models.driver import JsonObject
    from ...models.phase import Phase

ADMIN = "Show this to your administrator."
NEVER = float("inf")
HEALING_S = 60.0
# Of a registry, a network or a storage that may answer better in a while. A number counts as a status only with its words.
_MAY_HEAL = re.compile(
    r"\b(429|5\d\d) [A-Z]|too ?many ?requests|time(d )?-?out|deadline ?exceeded|connection re(fused|set)|\bEOF\b"
    r"|temporary failure|an operation with the given volume"
    # A namespace has this config map a moment after it was made.
    r"|registered CSI drivers|Multi-Attach|failed to sync \w+ cache|kube-root-ca\.crt"
    # On a busy cluster a node asks for what its pod needs before the API server's authorizer knows of the pod on that node.
    r"|failed to fetch token|no relationship found between node",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Seen:
    """What Kubernetes says of a starting pod. ``events`` are about the pod or its claims, in any order; ``claims`` are
    those that were asked for, by name, None where there is none; ``nodes`` is None where the server may not list them.
    """

    pod: JsonObject
    events: Sequence[JsonObject] = ()
    claims: Mapping[str, JsonObject | None] = field(default_factory=dict)
    nodes: Sequence[JsonObject] | None = None

    @property
    def status(self) -> JsonObject:
        """The pod's status."""
        status: JsonObject = self.pod.get("status", {})
        return status

    @property
    def spec(self) -> JsonObject:
        """What the pod asks for."""
        spec: JsonObject = self.pod.get("spec", {})
        return spec

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.pod.get("metadata", {}).get("name", ""))

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return str(self.pod.get("metadata", {}).get("namespace", ""))

    @property
    def containers(self) -> list[JsonObject]:
        """The state of each container, in the order in which they run."""
        return [*self.status.get("initContainerStatuses", []), *self.status.get("containerStatuses", [])]

    def condition(self, kind: str) -> JsonObject:
        """A condition of the pod; empty where there is none."""
        return next((each for each in self.status.get("conditions", []) if each.get("type") == kind), {})

    def about(self, name: str = "") -> list[JsonObject]:
        """The events about the pod, or about the claim ``name``, oldest first; none of one that had the name before."""
        kind, item = ("PersistentVolumeClaim", self.claims.get(name)) if name else ("Pod", self.pod)
        subject, uid = {"kind": kind, "name": name or self.name}, ((item or {}).get("metadata") or {}).get("uid")
        events = (event for event in self.events if involved(event) == subject)
        return sorted((event for event in events if uid in (None, event["involvedObject"].get("uid", uid))), key=when)

    def last(self, *reasons: str) -> JsonObject:
        """The latest event about the pod with one of these reasons; empty where there is none."""
        return next((event for event in reversed(self.about()) if event.get("reason") in reasons), {})


@dataclass(frozen=True)
class Trouble:
    """Why a start does not go on. Before ``until_s`` seconds after the pod's creation it may heal, and is no failure yet.
    ``unsure``: an event that says more may follow, for the node writes a pod's status before its events.
    """

    cause: Cause
    until_s: float
    phase: Phase
    unsure: bool = False


def involved(event: JsonObject) -> dict[str, str]:
    """Kind and name of what an event is about."""
    of = event.get("involvedObject", {})
    return {"kind": str(of.get("kind", "")), "name": str(of.get("name", ""))}


def when(event: JsonObject) -> str:
    """When an event was seen last (RFC 3339, so that texts sort as times do). Whole seconds only, so equal is "not before"."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event.get("firstTimestamp") or "")


def known_words(table: Iterable[tuple[str, str, str]], said: str, **names: str) -> Cause | None:
    """The first cause of a table (pattern, title, next step) that words are an instance of; a title may hold the pattern's
    groups and ``names``.
    """
    for pattern, title, next_step in table:
        if match := re.search(pattern, said):
            return Cause(title.format(*match.groups(), **names), said, next_step)
    return None


def may_heal(message: str) -> bool:
    """Whether words like these have been seen to go by themselves."""
    return bool(_MAY_HEAL.search(message))


def owner_of(container: str) -> str:
    """The setting that a container comes from."""
    return "c.SparkK8s.image" if container in (DRIVER_CONTAINER, EXECUTOR_CONTAINER) else "c.SparkK8s.driver_pod_extra"
