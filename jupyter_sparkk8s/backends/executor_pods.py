"""Follows one kernel's executor pods while somebody looks: their states, what Kubernetes says of those that wait, the last
lines of those that fail, and those that have ended, whose pods Spark deletes at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from ..kubernetes.executor_states import executor_of, is_failed
from ..kubernetes.pods import last_lines
from ..models.layout import EXECUTOR_CONTAINER
from ..tasks import Tasks, within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..models.driver import DriverSpec, JsonObject
    from ..models.executor import Executor
    from .kubernetes import KubernetesBackend

# One that waits no longer needs no second watch to say why; of many that wait, a few tell what the others would.
_WAITS_S, _ASKED = 2.0, 10
_REMEMBERED = 20
_REST_S = 50e-6  # between two looks at all, for each: ten times what a look takes


class ExecutorPods:
    """``see`` is called with all executors at each change."""

    def __init__(self, backend: KubernetesBackend, spec: DriverSpec, see: Callable[[Sequence[Executor]], None]) -> None:
        self._backend, self._spec, self._see = backend, spec, see
        self._pods: dict[str, JsonObject] = {}
        self._events: dict[str, list[JsonObject]] = {}
        self._logs: dict[str, tuple[str, ...]] = {}
        self._made: dict[str, tuple[JsonObject, int, tuple[str, ...], Executor]] = {}
        self._ended: dict[str, Executor] = {}
        self._since: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._tasks = Tasks(f"executors of kernel {spec.kernel_id[:8]}")

    async def start(self) -> None:
        """Begin."""
        self._tasks.start(self._run(), "follow")
        await self._backend.executors(self._spec.namespace).subscribe(self._spec.kernel_id, self._on_pods)

    async def close(self) -> None:
        """Follow nothing any more."""
        await self._backend.executors(self._spec.namespace).unsubscribe(self._spec.kernel_id, self._on_pods)
        await self._tasks.close()
        await self._follow_events(set())

    def _on_pods(self, pods: JsonObject | None) -> None:
        """All executors of the kernel, by their pods' names; those of an earlier driver are none of this one's."""
        now = {name: pod for name, pod in (pods or {}).items() if self._is_own(pod)}
        for name in set(self._pods) - set(now):
            self._remember(name)
        # Spark deletes a pod as soon as its program has ended: that was the end, and not that it was let go.
        self._pods = {name: self._pods[name] if self._has_failed(name) else pod for name, pod in now.items()}
        self._changed.set()

    def _is_own(self, pod: JsonObject) -> bool:
        owners = pod["metadata"].get("ownerReferences") or []
        return any(owner.get("name") == self._spec.pod_name for owner in owners)

    def _has_failed(self, name: str) -> bool:
        return name in self._pods and is_failed(self._pods[name]) and self._executor(name).state == "failed"

    def _remember(self, name: str) -> None:
        """A pod is gone. Of one that was let go Spark may say for a while that it runs."""
        last = self._executor(name)
        self._ended[name] = last if last.state in ("failed", "lost") else replace(last, state="ended", reason=None, said=None)
        alike = [
            known for known, each in self._ended.items() if (each.state == "ended") is (self._ended[name].state == "ended")
        ]
        for old in alike[:-_REMEMBERED]:
            del self._ended[old]
        self._logs.pop(name, None)
        self._made.pop(name, None)

    def _executor(self, name: str) -> Executor:
        """Made anew only where something of it has changed: of a thousand most often one has."""
        pod, events, log = self._pods[name], self._events.get(name, ()), self._logs.get(name, ())
        made = self._made.get(name)
        if made is None or made[0] is not pod or made[1:3] != (len(events), log):
            made = self._made[name] = pod, len(events), log, executor_of(pod, events, log)
        return made[3]

    async def _run(self) -> None:
        while True:
            waiting = await self._ask()
            self._see([*self._ended.values(), *map(self._executor, self._pods)])
            await asyncio.sleep(_REST_S * len(self._pods))
            try:
                await within(self._changed.wait(), _WAITS_S if waiting else None)
            except asyncio.TimeoutError:
                continue
            finally:
                self._changed.clear()

    async def _ask(self) -> bool:
        """What has to be asked beside the pods; whether one waits of which nothing was asked yet."""
        now = asyncio.get_running_loop().time()
        pending = [name for name, pod in self._pods.items() if pod.get("status", {}).get("phase", "Pending") == "Pending"]
        self._since = {name: self._since.get(name, now) for name in pending}
        old = [name for name in pending if now - self._since[name] >= _WAITS_S]
        await self._follow_events(set(old[:_ASKED]))
        ended = [name for name, pod in self._pods.items() if is_failed(pod) and name not in self._logs]
        for name in [name for name in ended if self._executor(name).state == "failed"]:
            log = await last_lines(self._backend.cluster, self._spec.namespace, name, EXECUTOR_CONTAINER)
            self._logs[name] = tuple(log.splitlines())
        return len(old) < len(pending)

    async def _follow_events(self, names: set[str]) -> None:
        events = self._backend.events(self._spec.namespace)
        for name in set(self._events) - names:
            await events.unsubscribe(f"Pod/{name}", self._on_event)
            del self._events[name]
        for name in names - set(self._events):
            self._events[name] = []
            await events.subscribe(f"Pod/{name}", self._on_event, from_start=True)

    def _on_event(self, event: JsonObject | None) -> None:
        name = event["involvedObject"]["name"] if event is not None else ""
        if event is not None and name in self._events and event not in self._events[name]:
            self._events[name].append(event)
            self._changed.set()
