"""Executors' pods as real objects on the real API server, of which none runs: a scheduling gate keeps them from every node,
and their status is written here, as a kubelet would. They are what Spark would make: our template, and what Spark adds to it.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_sparkk8s.kubernetes.manifests import owner_reference
from jupyter_sparkk8s.kubernetes.names import KERNEL_ID, executors_of
from tests.cluster.spark_pods import launch_secret

from ._common import beside
from ._fake_driver import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.environment import Namespace

AT_ONCE = 8
GATE = "jupyter-sparkk8s/benchmark"
# What Spark puts into an executor's environment is in each event of its pod.
ENVIRONMENT = {
    "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@10.0.0.1:40000",
    "SPARK_EXECUTOR_CORES": "1",
    "SPARK_EXECUTOR_MEMORY": "1024m",
    "SPARK_APPLICATION_ID": "spark-benchmark",
    **{f"SPARK_JAVA_OPT_{number}": f"-Dspark.some.setting.number{number}=of-a-usual-length" for number in range(20)},
}


class ExecutorPods:
    """Of one driver's pod."""

    def __init__(self, namespace: Namespace, driver: dict[str, Any], image: str) -> None:
        self._namespace, self._driver, self._image = namespace, driver["metadata"], image
        self._template = json.loads(launch_secret(namespace, self._driver["name"])["executor-template.json"])

    def make(self, count: int) -> None:
        """Executors 1 to ``count``, all running."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._make_running, range(1, count + 1)))

    def clear(self) -> None:
        """Delete all, and wait until they are gone."""
        selector = executors_of(self._driver["labels"][KERNEL_ID])
        while self._namespace.core.list_namespaced_pod(self._namespace.name, label_selector=selector, limit=1).items:
            self._namespace.core.delete_collection_namespaced_pod(
                self._namespace.name, label_selector=selector, grace_period_seconds=0
            )
            time.sleep(0.5)

    def make_one(self, number: int) -> str:
        """One that waits; its pod's name."""
        name = f"{self._driver['name']}-exec-{number}"
        template, owner = self._template, owner_reference(self._driver["name"], self._driver["uid"])
        container = dict(template["spec"]["containers"][0])
        container["env"] = [*container["env"], *({"name": key, "value": value} for key, value in ENVIRONMENT.items())]
        container |= {"image": self._image, "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}}}
        metadata = {
            **template["metadata"],
            "name": name,
            "labels": {**template["metadata"]["labels"], "spark-exec-id": str(number), "spark-role": "executor"},
            "ownerReferences": [owner],
        }
        spec = {**template["spec"], "containers": [container], "schedulingGates": [{"name": GATE}], "restartPolicy": "Never"}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        _done(self._namespace.core.create_namespaced_pod(self._namespace.name, body, _preload_content=False))
        return name

    def set_running(self, name: str, *, runs: bool) -> None:
        """Write what a kubelet writes: that the container runs, or that it is being made."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        state = {"running": {"startedAt": now}} if runs else {"waiting": {"reason": "ContainerCreating"}}
        container = {"name": "executor", "image": self._image, "imageID": "", "ready": runs, "restartCount": 0, "state": state}
        status = {"phase": "Running" if runs else "Pending", "startTime": now, "containerStatuses": [container]}
        patched = self._namespace.core.patch_namespaced_pod_status(
            name,
            self._namespace.name,
            {"status": status},
            _content_type="application/merge-patch+json",
            _preload_content=False,
        )
        _done(patched)

    def _make_running(self, number: int) -> None:
        self.set_running(self.make_one(number), runs=True)

    @contextmanager
    def replaced(self, asked: dict[str, Any]) -> Iterator[None]:
        """As long as the block lasts, pods follow what the fake driver says of its executors."""
        under_way: list[Future[None]] = []

        def replace(done: threading.Event) -> None:
            gone = 0
            while not done.wait(0.05):
                now = replaced(asked)
                for number in range(gone + 1, now + 1):
                    under_way.append(pool.submit(self._make_running, asked["executors"] + number))
                    under_way.append(pool.submit(self.delete, number))
                gone = now

        with ThreadPoolExecutor(AT_ONCE) as pool, beside(replace):
            yield
        for each in under_way:
            each.result()

    def delete(self, number: int) -> None:
        """Delete the executor of this number."""
        name = f"{self._driver['name']}-exec-{number}"
        deleted = self._namespace.core.delete_namespaced_pod(
            name, self._namespace.name, grace_period_seconds=0, _preload_content=False
        )
        _done(deleted)


def _done(response: Any) -> None:
    """Models of a thousand pods would take longer than all else."""
    said = response.read()
    response.release_conn()
    assert response.status < 300, said
