"""What a slow start asks of Kubernetes beside its pod: events, claims, and what nodes have. A usual start asks none of it.
Leaves out what it means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ApiError, SparkK8sError
from ..kubernetes.causes import Seen
from ..kubernetes.causes.claims import claims_of, only_one_pod
from ..kubernetes.causes.scheduling import short_of
from ..models.driver import SessionMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kubernetes.causes import Trouble
    from ..models.driver import DriverSpec, JsonObject
    from .kubernetes import KubernetesBackend

_CLAIM = "PersistentVolumeClaim"
# More nodes than this are not counted: the answer would be megabytes.
_NODES = 100


class StartFacts:
    """Of one start. ``changed`` is called when an event comes."""

    def __init__(self, backend: KubernetesBackend, spec: DriverSpec, changed: Callable[[], None]) -> None:
        self._backend, self._spec, self._changed = backend, spec, changed
        self._events: list[JsonObject] = []
        self._claims: dict[str, JsonObject | None] = {}
        self._nodes: list[JsonObject] | None = None
        self._nodes_asked, self._subjects = False, list[str]()
        self._asked_at: JsonObject | None = None

    def seen(self, pod: JsonObject) -> Seen:
        """All that is known now."""
        return Seen(pod, tuple(self._events), dict(self._claims), self._nodes)

    async def ask(self, pod: JsonObject) -> None:
        """Ask for what has to do with this state of the pod; from the first time on events are followed."""
        if not self._subjects:
            events = self._backend.events(self._spec.namespace)
            self._subjects = [*(f"{_CLAIM}/{name}" for name in claims_of(pod)), f"Pod/{self._spec.pod_name}"]
            for subject in self._subjects:
                await events.subscribe(subject, self._on_event, from_start=subject == self._subjects[-1])
        if pod is not self._asked_at:  # nor has an event come since
            self._asked_at = pod
            for name in claims_of(pod):
                await self._ask_claim(name)
        if not self._nodes_asked and short_of(self.seen(pod)):
            self._nodes_asked = True
            self._nodes = await self._ask_nodes()

    async def held_alone(self) -> Trouble | None:
        """A claim that the driver would have alone, though executors need it too. Claims that are well are asked for once."""
        spec = self._spec
        if spec.session is SessionMode.OFF or not (spec.executor_instances or spec.executor_max_instances):
            return None
        for volume in spec.unique_sources():
            name = volume.source.get("persistentVolumeClaim", {}).get("claimName")
            place = (spec.namespace, name)
            if name and place not in self._backend.shared_claims:
                await self._ask_claim(name)
                if trouble := only_one_pod(self._claims.get(name)):
                    return trouble
                if self._claims.get(name):
                    self._backend.shared_claims.add(place)
        return None

    async def close(self) -> None:
        """Follow nothing any more."""
        subjects, self._subjects = self._subjects, []
        for subject in subjects:
            await self._backend.events(self._spec.namespace).unsubscribe(subject, self._on_event)

    def _on_event(self, event: JsonObject | None) -> None:
        if event is not None:
            self._events.append(event)
            self._asked_at = None
            self._changed()

    async def _ask_claim(self, name: str) -> None:
        """A server without the right does without."""
        path = f"/api/v1/namespaces/{self._spec.namespace}/persistentvolumeclaims/{name}"
        try:
            self._claims[name] = await self._backend.cluster.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                self._claims[name] = None
        except SparkK8sError:
            return

    async def _ask_nodes(self) -> list[JsonObject] | None:
        """All nodes; None where there are too many, or a server may not see them, as most may not."""
        try:
            answer = await self._backend.cluster.request("GET", "/api/v1/nodes", query=[("limit", str(_NODES))])
        except SparkK8sError:
            return None
        return None if answer["metadata"].get("continue") else list(answer["items"])
