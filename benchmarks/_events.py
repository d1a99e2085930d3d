"""From a change of a pod to the feed's frame that tells it, of an executor that is there for nothing else."""

from __future__ import annotations

import random
import threading
import time
from queue import Queue
from typing import TYPE_CHECKING

from kubernetes import watch

from ._common import Summary, summary

if TYPE_CHECKING:
    from tests.cluster.environment import Namespace

    from ._executor_pods import ExecutorPods
    from ._tab import Tab

WITNESS = 1_000_000  # its number, which Spark's API does not know
WAIT_S = 60.0


def _phases(namespace: Namespace, pod: str) -> Queue[tuple[str, float]]:
    """The phases of one pod as a watch of our own tells them, and when it did, until it is deleted."""
    phases: Queue[tuple[str, float]] = Queue()

    def read() -> None:
        selected = {"field_selector": f"metadata.name={pod}", "timeout_seconds": 3600}
        for event in watch.Watch().stream(namespace.core.list_namespaced_pod, namespace.name, **selected):
            phases.put((event["raw_object"]["status"]["phase"], time.perf_counter()))
            if event["type"] == "DELETED":
                return

    threading.Thread(target=read, name="witness", daemon=True).start()
    return phases


def event_times(namespace: Namespace, pods: ExecutorPods, tab: Tab, repeats: int) -> dict[str, Summary]:
    """Seconds to the frame: since our own watch saw the event, and since the change was asked for."""
    seen: list[float] = []
    asked: list[float] = []
    name = pods.make_one(WITNESS)
    phases = _phases(namespace, name)
    for number in range(repeats + 1):
        phase, state = ("Pending", "pending") if number % 2 else ("Running", "starting")
        time.sleep(random.uniform(0.3, 1.3))  # whatever the server does each second must not keep step with this
        begun = time.perf_counter()
        pods.set_running(name, runs=phase == "Running")
        event_at = _next(phases, phase)
        told_at = _next(tab.states, f"{WITNESS} {state}")
        if number:
            seen.append(told_at - event_at)
            asked.append(told_at - begun)
    pods.delete(WITNESS)
    return {"event_to_message": summary(seen), "request_to_message": summary(asked)}


def _next(queue: Queue[tuple[str, float]], wanted: str) -> float:
    """When it came."""
    while True:
        found, at = queue.get(timeout=WAIT_S)
        if found == wanted:
            return at
