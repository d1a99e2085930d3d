"""The check's test pods: a driver under the drivers' account, and the executor that it makes; gone at any end."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ApiError, Cause, LaunchError
from ...kubernetes.causes import Seen, start_trouble
from ...kubernetes.names import SERVER
from ...kubernetes.probes import probe_driver, probe_executor, probe_secret, probe_stranger
from ...kubernetes.watch import Watch
from ...models.layout import DRIVER_CONTAINER, EXECUTOR_CONTAINER
from ...spark.launch_files import launch_file
from ...spark.launch_files.probe import MARK
from ...tasks import within

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ...kubernetes.client import Cluster
    from ...models.driver import DriverSpec, JsonObject

_LOOK_S = 1.0
_GONE_S = 30.0
_DONE = "Succeeded"
_SILENT = Cause("The test pod said nothing.", "", "Run the check again; meanwhile the pod's log may tell more.")


@dataclass
class Found:
    """What the test pods reported; a cause where one did not come to that."""

    driver: dict[str, Any] | None = None
    executor: dict[str, Any] | None = None
    stranger: dict[str, Any] | None = None
    trouble: Cause = _SILENT
    """Of the driver's pod where that reported nothing, else of the executor's."""


class Trial:
    """See the module; ``limit_s`` is the longest time for each, an image's pull included."""

    def __init__(self, cluster: Cluster, spec: DriverSpec, limit_s: float) -> None:
        self._cluster, self._spec, self._limit_s = cluster, spec, limit_s
        self._pods: dict[str, JsonObject] = {}
        self._events: list[JsonObject] = []
        self._changed = asyncio.Event()

    async def run(self, network: bool) -> Found:
        """Make them, and return what they reported. Raises ApiError for a refused driver."""
        found, spec = Found(), self._spec
        executor = probe_executor(spec, "executor", None)["metadata"]["name"]
        stranger = probe_executor(spec, "stranger", None)["metadata"]["name"]
        async with self._watched([spec.pod_name, executor, stranger]):
            try:
                uid = await self._make_driver()
                await self._until(spec.pod_name, lambda pod: self._phase(executor) != "" or _phase(pod) == _DONE)
                if self._phase(executor):
                    await self._until(executor, lambda pod: _phase(pod) == _DONE)
                    found.executor = await self._report(executor, EXECUTOR_CONTAINER)
            except LaunchError as error:
                found.trouble = error.cause
            found.driver = await self._report(spec.pod_name, DRIVER_CONTAINER)
            if network and found.executor is not None and found.driver is not None:
                await self._cluster.create("pods", probe_stranger(spec, uid, found.driver["address"]))
                await self._until(stranger, lambda pod: _phase(pod) == _DONE)
                found.stranger = await self._report(stranger, EXECUTOR_CONTAINER)
        return found

    async def _make_driver(self) -> str:
        spec = self._spec
        passwd = f"{spec.user_label}:x:{spec.uid}:{spec.gid}::/home/spark:/bin/sh\n"
        files = {"start.py": launch_file("probe.py"), "account.py": launch_file("account.py"), "passwd": passwd, "group": ""}
        uid: str = (await self._cluster.create("pods", probe_driver(spec, files, self._limit_s)))["metadata"]["uid"]
        await self._cluster.create("secrets", probe_secret(spec, files, uid, self._limit_s))
        return uid

    @asynccontextmanager
    async def _watched(self, names: list[str]) -> AsyncIterator[None]:
        spec, cluster = self._spec, self._cluster
        pods = Watch(cluster, spec.namespace, "pods", {"labelSelector": f"{SERVER}={spec.server_id}"}, _name)
        of_pods = {"fieldSelector": "involvedObject.kind=Pod"}
        events = Watch(cluster, spec.namespace, "events", of_pods, lambda event: str(event["involvedObject"]["name"]))
        listeners = {name: self._listener(name) for name in names}
        for name, listener in listeners.items():
            await pods.subscribe(name, listener)
            await events.subscribe(name, self._on_event)
        try:
            yield
        finally:
            await self._delete(names)
            for name, listener in listeners.items():
                await pods.unsubscribe(name, listener)
                await events.unsubscribe(name, self._on_event)

    async def _delete(self, names: list[str]) -> None:
        """The driver owns the others; a moment later all are gone."""
        await self._cluster.delete("pods", self._spec.namespace, self._spec.pod_name, uid="", grace_s=1)
        deadline = asyncio.get_running_loop().time() + _GONE_S
        while any(self._phase(name) for name in names) and asyncio.get_running_loop().time() < deadline:
            await self._change()

    def _listener(self, name: str) -> Callable[[JsonObject | None], None]:
        def on_pod(pod: JsonObject | None) -> None:
            if pod is None:
                self._pods.pop(name, None)
            else:
                self._pods[name] = pod
            self._changed.set()

        return on_pod

    def _on_event(self, event: JsonObject | None) -> None:
        if event is not None:
            self._events.append(event)
            self._changed.set()

    def _phase(self, name: str) -> str:
        return _phase(self._pods[name]) if name in self._pods else ""

    async def _change(self) -> None:
        self._changed.clear()
        with suppress(asyncio.TimeoutError):
            await within(self._changed.wait(), _LOOK_S)

    async def _until(self, name: str, done: Callable[[JsonObject], bool]) -> None:
        """Wait until a pod is as wanted. Raises LaunchError when it won't be."""
        begun = asyncio.get_running_loop().time()
        while True:
            pod, waited_s = self._pods.get(name), asyncio.get_running_loop().time() - begun
            if pod is not None and done(pod):
                return
            trouble = start_trouble(Seen(pod, self._events), self._spec.unschedulable_grace_s) if pod is not None else None
            if trouble is not None and waited_s >= min(trouble.until_s, self._limit_s):
                raise LaunchError(trouble.cause)
            if waited_s > self._limit_s:
                title = f"The test pod {name} was not ready after {self._limit_s:g} s."
                raise LaunchError(
                    Cause(title, "", "Try again with a longer --timeout; `kubectl describe pod` says more meanwhile.")
                )
            await self._change()

    async def _report(self, name: str, container: str) -> dict[str, Any] | None:
        """What a pod printed; None where it did not come to that."""
        path = f"/api/v1/namespaces/{self._spec.namespace}/pods/{name}/log"
        try:
            text = await self._cluster.text(path, [("container", container)])
        except ApiError:
            return None
        lines = [line.removeprefix(MARK) for line in text.splitlines() if line.startswith(MARK)]
        return dict(json.loads(lines[-1])) if lines else None


def _name(pod: JsonObject) -> str:
    return str(pod["metadata"]["name"])


def _phase(pod: JsonObject) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))
