"""Follows one pod from its creation until its kernel greets: why it won't start, as soon as Kubernetes says so.
Leaves out creating the pod, and its life after the start.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Cause, LaunchError
from ..kubernetes.causes import refusal_cause, start_failure
from ..kubernetes.phase import start_phase
from ..kubernetes.pods import exit_code, last_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..models.driver import DriverSpec, JsonObject
    from ..models.phase import StartPhase
    from ..tasks import Tasks
    from .kubernetes import KubernetesBackend

T = TypeVar("T")
# A start that is this slow asks what Kubernetes says of the pod; a usual one is over by then, without the second watch.
_SLOW_START_S = 1.0
# When an API server comes back after a while no node counts as ready, and none can take a pod, until it has reported and the
# scheduler has looked again (65 s were seen).
_RECOVERY_S = 120.0


class StartWatch:
    """One start. ``see`` is told each state of the pod, by whoever watches it."""

    def __init__(self, backend: KubernetesBackend, spec: DriverSpec, on_phase: Callable[[StartPhase], None]) -> None:
        self._backend, self._spec, self._on_phase = backend, spec, on_phase
        self._phase: StartPhase | None = None
        self._pod: JsonObject | None = {}
        self._events: list[JsonObject] = []
        self._changed = asyncio.Event()
        self._created_at = asyncio.get_running_loop().time()

    def see(self, pod: JsonObject | None) -> None:
        """A state of the pod; None when it is gone."""
        self._pod = pod
        self._changed.set()

    def _see_event(self, event: JsonObject | None) -> None:
        if event is not None:
            self._events.append(event)
            self._changed.set()

    async def guarded(self, work: Coroutine[Any, Any, T], tasks: Tasks) -> T:
        """Await ``work``, but raise LaunchError as soon as the pod turns out not to start."""
        self._created_at = asyncio.get_running_loop().time()
        task = tasks.start(work, "connect", awaited=True)
        events = None
        try:
            while True:
                self._changed.clear()
                change = tasks.start(self._changed.wait(), "change")
                await asyncio.wait({task, change}, timeout=_SLOW_START_S, return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
                if task.done():
                    return task.result()
                if cause := self._failure(self._waited()):
                    raise LaunchError(await self._with_log(cause))
                self._tell(start_phase(self._pod or {}, self._events))
                if events is None and self._waited() >= _SLOW_START_S and not self._runs():
                    events = self._backend.events(self._spec.namespace)
                    await events.subscribe(self._spec.pod_name, self._see_event, from_start=True)
        finally:
            task.cancel()
            if events is not None:
                await events.unsubscribe(self._spec.pod_name, self._see_event)

    def _waited(self) -> float:
        return asyncio.get_running_loop().time() - self._created_at

    def _runs(self) -> bool:
        return self._pod is not None and self._pod.get("status", {}).get("phase") == "Running"

    def _tell(self, phase: StartPhase) -> None:
        if phase != self._phase:
            self._phase = phase
            self._on_phase(phase)

    def timed_out(self) -> Cause:
        """The cause of a start that took too long: what was waited for, as far as Kubernetes knows."""
        cause = self._failure(float("inf")) or Cause("", "", "Raise c.SparkK8s.start_timeout_s, or ask your administrator.")
        title = f"The kernel did not start within {self._spec.start_timeout_s:g} s. {cause.title}".strip()
        return Cause(title, cause.said, cause.next_step)

    def _failure(self, waited_s: float) -> Cause | None:
        """Why the pod won't come to run; None while it may, ``waited_s`` after its creation."""
        if self._pod is None:
            return Cause("The pod was deleted while it started.", "", "Start the kernel again.")
        watch, grace_s = self._backend.pods(self._spec.namespace), self._spec.unschedulable_grace_s
        if watch.refusal:
            return refusal_cause(watch.refusal.status, watch.refusal.message)
        if asyncio.get_running_loop().time() - watch.troubled_at < _RECOVERY_S:
            grace_s = max(grace_s, _RECOVERY_S)
        return start_failure(self._pod, self._events, waited_s, grace_s)

    async def _with_log(self, cause: Cause) -> Cause:
        """The cause, with the end of the container's log where there is one."""
        if self._pod is None or exit_code(self._pod) is None:
            return cause
        lines = await last_lines(self._backend.cluster, self._spec.namespace, self._spec.pod_name)
        return Cause(cause.title, "\n".join(part for part in (cause.said, lines) if part), cause.next_step)
