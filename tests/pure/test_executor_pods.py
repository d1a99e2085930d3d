"""One kernel's executor pods, followed: what is told as they come, wait, fail and go. Pods and events are recorded ones; the
streams that they come on are the test's.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import pytest

from jupyter_sparkk8s.backends import executor_pods
from jupyter_sparkk8s.backends.executor_pods import ExecutorPods
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.watch import GroupWatch, Watch
from tests.pure.records import recorded
from tests.pure.specs import KERNEL, launch, settings
from tests.pure.test_executor_states import pod_of
from tests.pure.test_group_watch import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from jupyter_sparkk8s.backends.kubernetes import KubernetesBackend
    from jupyter_sparkk8s.kubernetes.client import Cluster
    from jupyter_sparkk8s.models.executor import Executor

SPEC = resolve(settings(), launch())


class Backend:
    """The shared watches of a backend, and the logs of pods."""

    def __init__(self) -> None:
        self.pod_wire, self.event_wire, self.cluster, self.logs = Wire(), Wire(), self, dict[str, str]()
        pods, events = cast("Cluster", self.pod_wire), cast("Cluster", self.event_wire)
        self._pods = GroupWatch(pods, "n", "pods", {}, lambda pod: str(pod["metadata"]["labels"]["jupyter-sparkk8s/kernel-id"]))
        self._events = Watch(events, "n", "events", {}, lambda event: "Pod/" + str(event["involvedObject"]["name"]))

    def executors(self, _namespace: str) -> GroupWatch:
        return self._pods

    def events(self, _namespace: str) -> Watch:
        return self._events

    async def text(self, path: str, _query: Any) -> str:
        return self.logs[path.split("/")[-2]]

    def pod(self, name: str, kind: str = "ADDED", scene: str = "running", owner: str = SPEC.pod_name, **more: Any) -> None:
        """A pod comes, or changes to a recorded scene, or goes; ``more`` is put into its metadata."""
        pod = deepcopy(pod_of(scene))
        pod["metadata"].update(name=name, resourceVersion="1", ownerReferences=[{"kind": "Pod", "name": owner}], **more)
        pod["metadata"]["labels"].update({"jupyter-sparkk8s/kernel-id": KERNEL, "spark-exec-id": name[-1]})
        self.pod_wire.events.put_nowait({"type": kind, "object": pod})


class Followed:
    """What is told of one kernel's executors."""

    def __init__(self) -> None:
        self.backend = Backend()
        self.told: list[dict[str, Executor]] = []
        self.pods = ExecutorPods(cast("KubernetesBackend", self.backend), SPEC, self._see)

    def _see(self, executors: Sequence[Executor]) -> None:
        self.told.append({each.id: each for each in executors})

    async def until(self, condition: Callable[[dict[str, Executor]], object]) -> dict[str, Executor]:
        for _ in range(300):
            if self.told and condition(self.told[-1]):
                return self.told[-1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"not so: {self.told[-1:]}")


@pytest.fixture
async def followed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Followed]:
    monkeypatch.setattr(executor_pods, "_WAITS_S", 0.05)
    made = Followed()
    await made.pods.start()
    yield made
    await made.pods.close()
    assert not made.backend.executors("n").is_open
    assert not made.backend.events("n").is_open


async def test_they_come_and_are_let_go(followed: Followed) -> None:
    followed.backend.pod("exec-1")
    followed.backend.pod("exec-2", owner="the-driver-before")
    executors = await followed.until(bool)
    assert [(each.id, each.state) for each in executors.values()] == [("1", "starting")]
    followed.backend.pod("exec-1", "DELETED")
    await followed.until(lambda told: told["1"].state == "ended")  # Spark may not know yet
    assert not followed.backend.events("n").is_open


async def test_one_that_waits_is_told_with_what_kubernetes_says(followed: Followed) -> None:
    followed.backend.pod("exec-1", scene="image-pulling")
    waits = (await followed.until(bool))["1"]
    assert (waits.state, waits.reason) == ("pending", None)
    for event in recorded("image-pulling")["events"]:
        about = {**event["involvedObject"], "name": "exec-1"}
        followed.backend.event_wire.events.put_nowait(
            {"type": "ADDED", "object": {**event, "involvedObject": about, "metadata": {"resourceVersion": "1"}}}
        )
    await followed.until(lambda told: told["1"].reason == "Its image is being pulled.")
    followed.backend.pod("exec-1", "MODIFIED")
    await followed.until(lambda told: told["1"].state == "starting")
    await followed.until(lambda _: not followed.backend.events("n").is_open)


async def test_one_that_fails_is_told_with_its_log_and_remembered(followed: Followed) -> None:
    deleted = {"deletionTimestamp": "2026-11-21T10:00:00Z"}  # by Spark, at once
    followed.backend.logs["exec-1"] = "first\nlast"
    followed.backend.pod("exec-1")
    followed.backend.pod("exec-1", "MODIFIED", "exit-at-once")
    followed.backend.pod("exec-1", "MODIFIED", "exit-at-once", **deleted)
    failed = (await followed.until(lambda told: told and told["1"].state == "failed" and told["1"].log))["1"]
    assert failed.log == ("first", "last")
    assert "exit code" in (failed.reason or "")
    followed.backend.pod("exec-1", "DELETED", "exit-at-once", **deleted)
    followed.backend.pod("exec-2")
    executors = await followed.until(lambda told: "2" in told)
    assert executors["1"] == failed


async def test_of_many_that_have_failed_the_last_are_remembered(followed: Followed) -> None:
    for number in range(30):
        followed.backend.logs[f"x{number}-1"] = ""
        followed.backend.pod(f"x{number}-1", scene="evicted")
        followed.backend.pod(f"x{number}-1", "DELETED", "evicted")
    for number in range(30):
        followed.backend.pod(f"y{number}-2")
        followed.backend.pod(f"y{number}-2", "DELETED")
    followed.backend.pod("exec-9")
    await followed.until(lambda told: "9" in told)
    states = [each.state for each in followed.pods._ended.values()]
    assert (states.count("lost"), states.count("ended")) == (20, 20)
