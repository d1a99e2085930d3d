"""Follows a start from its first request until its kernel greets: how far it is, and why it fails, as soon as Kubernetes
says so. Leaves out what is created, and the life after the start.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ApiError, Cause, LaunchError, PodGone
from ..kubernetes.causes import start_trouble
from ..kubernetes.causes.refusals import is_collision, is_quota
from ..kubernetes.causes.starts import ended_container, final, taken_away, too_slow
from ..kubernetes.phase import start_phase
from ..kubernetes.pods import last_lines
from ..models.driver import SessionMode
from ..models.phase import Phase, StartPhase
from .start_facts import StartFacts

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..kubernetes.causes import Trouble
    from ..models.driver import DriverSpec, JsonObject
    from ..tasks import Tasks
    from .base import LaunchRequest
    from .kubernetes import KubernetesBackend

T = TypeVar("T")
# A start that is this slow asks what Kubernetes says of the pod; a usual one is over by then, without the second watch.
_SLOW_START_S = 1.0
# When an API server comes back after a while no node counts as ready, and none can take a pod, until it has reported and the
# scheduler has looked again (65 s were seen).
_RECOVERY_S = 120.0
# A request that met others is sent again for so long, after a pause.
_COLLISION_S, _AGAIN_S = 10.0, 0.5
_LAST_WORD_S = 3.0
# An event that explains a pod's status comes so much after it at most, usually.
_EVENT_S = 0.5


class StartWatch:
    """One start. ``see`` is told each state of the pod, by whoever watches it."""

    def __init__(self, backend: KubernetesBackend, spec: DriverSpec, request: LaunchRequest) -> None:
        self._backend, self._spec, self._request = backend, spec, request
        self._pod: JsonObject = {}
        self._gone, self._phase = False, StartPhase(Phase.CREATED)
        self._changed = asyncio.Event()
        self._facts = StartFacts(backend, spec, self._changed.set)
        self._created_at = asyncio.get_running_loop().time()

    def see(self, pod: JsonObject | None) -> None:
        """A state of the pod; None when it is gone."""
        self._gone = pod is None
        self._pod = pod or self._pod
        self._changed.set()

    async def create(self, plural: str, body: JsonObject) -> JsonObject:
        """Create an object. A quota may be full with the pod before a restart, which goes just now. Raises LaunchError."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            try:
                return await self._backend.cluster.create(plural, body)
            except ApiError as error:
                restarts = self._request.launch > 1 and is_quota(error)
                patience_s = self._spec.unschedulable_grace_s if restarts else _COLLISION_S if is_collision(error) else 0.0
                if loop.time() - begun >= patience_s:
                    raise LaunchError(error.cause) from error
                self._tell(StartPhase(Phase.QUEUED, error.cause.said, waits=error.cause.title))
            await asyncio.sleep(_AGAIN_S)

    async def guarded(self, work: Coroutine[Any, Any, T], tasks: Tasks) -> T:
        """Await ``work``, but raise LaunchError as soon as the pod turns out not to start."""
        self._created_at = asyncio.get_running_loop().time()
        self._request.on_phase(self._phase)
        task = tasks.start(work, "connect", awaited=True)
        try:
            if alone := await self._facts.held_alone():
                raise LaunchError(alone.cause)
            while True:
                self._changed.clear()
                trouble = await self._look()
                if trouble is not None and self._waited() >= trouble.until_s and not task.done():
                    raise LaunchError(trouble.cause)
                self._tell(start_phase(self._facts.seen(self._pod), trouble))
                change = tasks.start(self._changed.wait(), "change")
                await asyncio.wait({task, change}, timeout=self._pause_s(trouble), return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
                if task.done():
                    if isinstance(task.exception(), PodGone):
                        await self._last_word(tasks)
                    info = task.result()
                    if self._spec.session is SessionMode.EAGER:
                        self._tell(StartPhase(Phase.STARTING_SPARK, node=self._phase.node))
                    return info
        finally:
            task.cancel()
            await self._facts.close()

    async def _last_word(self, tasks: Tasks) -> None:
        """A stream knows of a pod's end before the watch does, but not why. Raises LaunchError if that comes soon."""
        deadline = asyncio.get_running_loop().time() + _LAST_WORD_S
        while (left_s := deadline - asyncio.get_running_loop().time()) > 0:
            self._changed.clear()
            if trouble := await self._look():
                raise LaunchError(trouble.cause)
            await asyncio.wait({tasks.start(self._changed.wait(), "last word")}, timeout=left_s)

    async def timed_out(self) -> Cause:
        """The cause of a start that took too long: what was waited for, as far as Kubernetes or the kernel's log know."""
        trouble, phase = self._trouble(), self._phase
        if trouble is None and phase.phase is Phase.STARTING_PYTHON:
            log = await last_lines(self._backend.cluster, self._spec.namespace, self._spec.pod_name)
            phase = StartPhase(phase.phase, log)
        return too_slow(self._spec.start_timeout_s, phase, None if trouble is None else trouble.cause)

    def _waited(self) -> float:
        return asyncio.get_running_loop().time() - self._created_at

    def _pause_s(self, trouble: Trouble | None) -> float:
        """Until the next look, where nothing changes before."""
        return min(_SLOW_START_S, max(0.05, trouble.until_s - self._waited())) if trouble is not None else _SLOW_START_S

    async def _look(self) -> Trouble | None:
        """Ask what has to be asked, and judge."""
        trouble = self._trouble()
        if self._gone or self._backend.pods(self._spec.namespace).refusal:
            return trouble
        if (container := ended_container(self._facts.seen(self._pod))) is not None:
            log = await last_lines(self._backend.cluster, self._spec.namespace, self._spec.pod_name, container)
            return self._trouble(log)
        if trouble is not None or (self._waited() >= _SLOW_START_S and self._pod.get("status", {}).get("phase") != "Running"):
            await self._facts.ask(self._pod)
            trouble = self._trouble()
            if trouble is not None and trouble.unsure:
                await asyncio.sleep(_EVENT_S)
                trouble = self._trouble()
            return trouble
        return None

    def _trouble(self, log: str = "") -> Trouble | None:
        watch, grace_s = self._backend.pods(self._spec.namespace), self._spec.unschedulable_grace_s
        if self._gone:
            return taken_away(self._pod)
        if watch.refusal:
            return final(watch.refusal.cause)
        if asyncio.get_running_loop().time() - watch.troubled_at < _RECOVERY_S:
            grace_s = max(grace_s, _RECOVERY_S)
        return start_trouble(self._facts.seen(self._pod), grace_s, log)

    def _tell(self, phase: StartPhase) -> None:
        if phase != self._phase:
            self._phase = phase
            self._request.on_phase(phase)
