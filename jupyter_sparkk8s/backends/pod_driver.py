"""One driver pod, from its creation to its deletion: create, wait on the shared watch, connect, and leave nothing behind."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..errors import ApiError, ApiUnreachable, Cause, LaunchError, SparkK8sError
from ..kubernetes.causes.executors import of_executor
from ..kubernetes.causes.refusals import refusal_cause
from ..kubernetes.deaths import death_cause, node_is_lost
from ..kubernetes.driver_facts import driver_facts
from ..kubernetes.manifests import driver_pod, launch_secret
from ..kubernetes.pods import UNKNOWN_END, exit_code, pod_address
from ..kubernetes.probes import probe_executor
from ..spark.properties import ui_ports
from ..spark.ui_key import make_ui_key
from ..tasks import Tasks, within
from .base import CHANNELS, ConnectionInfo, Driver, LaunchRequest
from .connection import connection_file, connection_info, pod_ports
from .executor_pods import ExecutorPods
from .gauge import ask_gauge
from .greeting import await_greeting
from .launch_set import driver_env, launch_set
from .start_watch import StartWatch
from .transport import DirectTransport, RelayTransport, Transport
from .ui_doors import PodUi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..models.driver import DriverFacts, DriverSpec, JsonObject
    from ..models.executor import Executor
    from .kubernetes import KubernetesBackend

_GONE_S = 10.0


class PodDriver(Driver):
    """See Driver. Lives on one event loop."""

    def __init__(self, backend: KubernetesBackend, request: LaunchRequest) -> None:
        self._backend, self._request = backend, request
        self._spec: DriverSpec | None = None
        self.ui_key = make_ui_key()  # see spark.ui_key.bearer_token
        self._asked, self._deleted, self._left, self._uid = False, False, False, ""
        self._pod: JsonObject = {}
        self._start: StartWatch | None = None
        self._exit: int | None = None
        self._lost = ""
        self._created_at = 0.0
        self._running, self._ended, self._gone = (asyncio.Event() for _ in range(3))
        self._transport: Transport | None = None
        self._gauge_port, self._is_reached, self._refused = 0, False, ""
        self._executors: ExecutorPods | None = None
        self._tasks = Tasks(f"driver of kernel {request.kernel_id[:8]}")

    @property
    def spec(self) -> DriverSpec:
        """What this driver is; only after ``start()`` began."""
        assert self._spec is not None
        return self._spec

    @property
    def pod_name(self) -> str:
        """Name of the pod; empty before ``start()`` began."""
        return self._spec.pod_name if self._spec is not None else ""

    async def start(self) -> ConnectionInfo:
        """See Driver."""
        try:
            await self._backend.open()
            spec = self._spec = self._backend.resolve(self._request)
            start = self._start = StartWatch(self._backend, spec, self._request)
            try:
                return await within(self._launch(start), spec.start_timeout_s)
            except asyncio.TimeoutError as error:
                raise LaunchError(await start.timed_out()) from error
        except BaseException:
            await self.close()
            raise

    async def _launch(self, start: StartWatch) -> ConnectionInfo:
        spec, request = self.spec, self._request
        *channel_ports, relay_port, self._gauge_port = pod_ports(request.avoid_ports, extra=2)
        ports = dict(zip(CHANNELS, channel_ports, strict=True))
        transport = self._transport = (
            RelayTransport(self._backend.cluster, spec, relay_port)
            if spec.access is spec.access.PORT_FORWARD
            else DirectTransport()
        )
        info = connection_info(request, transport.kernel_ip, ports, spec.encrypted)
        files = launch_set(spec, connection_file(info, "spark-k8s"), secrets.token_urlsafe(48), self.ui_key, transport.token)
        env = (
            driver_env(spec)
            | transport.env
            | {"SPARKK8S_GAUGE_PORT": str(self._gauge_port)}
            | {name: request.environ[name] for name in ("JPY_SESSION_NAME",) if name in request.environ}
        )
        await self._backend.pods(spec.namespace).subscribe(spec.pod_name, self._on_pod)
        # The pod first: so the Secret has an owner from its first moment, and a pod that is refused leaves nothing.
        self._asked = True
        pod = await start.create("pods", driver_pod(spec, files, env))
        self._uid, self._created_at = pod["metadata"]["uid"], asyncio.get_running_loop().time()
        await start.create("secrets", launch_secret(spec, files, self._uid))
        return await start.guarded(self._connect(transport, info, ports), self._tasks)

    async def _connect(self, transport: Transport, info: ConnectionInfo, ports: dict[str, int]) -> ConnectionInfo:
        """Wait until the pod runs and its kernel greets; the connection info as clients on this side need it."""
        await self._running.wait()
        deadline = self._created_at + self.spec.start_timeout_s
        await transport.start(pod_address(self._pod))
        self._is_reached = True
        self._tasks.start(self._follow(transport), "follow the way to the pod")
        # ipykernel binds the shell first and iopub last of those that matter: both greet, all are there.
        for channel in ("iopub", "shell"):
            port = ports[channel]
            await await_greeting(lambda port=port: transport.open(port), self.spec.encrypted, deadline)  # type: ignore[misc]
        ip, local = await transport.forward(ports, self._request.avoid_ports)
        return info | {"ip": ip} | {f"{channel}_port": port for channel, port in local.items()}

    async def _follow(self, transport: Transport) -> None:
        """A kernel that can't be reached any more has ended for its clients, whatever its pod does: only a restart helps."""
        reason = await transport.lost()
        if self._exit is None:
            if not self._deleted:
                self._backend.log.warning("Kernel %s is lost: %s", self._request.kernel_id, reason)
            self._lost = str(reason)
            self._end(1)

    def _end(self, code: int) -> None:
        self._exit = code
        self._ended.set()

    def _on_pod(self, pod: JsonObject | None) -> None:
        """A state of the pod from the watch; None when it is gone."""
        if pod is None:
            self._gone.set()
            self._exit = 0 if self._exit is None else self._exit
        elif self._uid and pod["metadata"]["uid"] != self._uid:
            return
        else:
            self._pod = pod
            self._exit = UNKNOWN_END if node_is_lost(pod) else exit_code(pod)
        if self._exit is not None:
            self._ended.set()
        elif pod_address(self._pod) and self._pod["status"].get("phase") == "Running":
            self._running.set()
        if self._start is not None:
            self._start.see(pod)

    def poll(self) -> int | None:
        """See Driver."""
        return self._exit

    def death(self) -> Cause:
        """See Driver."""
        return death_cause(self._pod, gone=self._gone.is_set(), lost=self._lost)

    def facts(self) -> DriverFacts | None:
        """See Driver."""
        return driver_facts(self._spec, self._pod) if self._spec is not None else None

    def ui_door(self) -> PodUi | None:
        """See Driver."""
        if self._transport is None or self._exit is not None or not self._running.is_set():
            return None
        return PodUi(self._transport, self.ui_key, ui_ports(self.spec))

    async def follow_executors(self, see: Callable[[Sequence[Executor]], None] | None) -> None:
        """See Driver."""
        if self._executors is not None:
            await self._executors.close()
            self._executors = None
        if see is not None and self._spec is not None:
            self._executors = ExecutorPods(self._backend, self._spec, see)
            await self._executors.start()

    def unseen(self) -> str:
        """See Driver."""
        if self._spec is None or not self._backend.pods(self._spec.namespace).trouble:
            return ""
        return "Kubernetes' API server can't be reached, or refuses to tell."

    async def memory_used(self) -> int | None:
        """See Driver. What Kubernetes compares with the limit of the driver's container."""
        if self._transport is None or self._exit is not None or not self._is_reached:
            return None
        told = await ask_gauge(self._transport, self._gauge_port, self.ui_key)
        self._refused = told.refused if told is not None else ""
        return told.memory_used if told is not None else None

    async def executor_refusal(self) -> Cause | None:
        """See Driver. Where Spark was told why, that is it: a notebook may ask for other executors than the settings do."""
        if self._refused:
            return of_executor(refusal_cause(HTTPStatus.FORBIDDEN, self._refused))
        try:
            await self._backend.cluster.try_out(self.spec.namespace, probe_executor(self.spec, "tried", self._uid))
        except ApiError as error:
            return of_executor(error.cause)
        except (ApiUnreachable, asyncio.TimeoutError):
            pass
        return None

    async def wait(self) -> int:
        """See Driver."""
        await self._ended.wait()
        return self._exit or 0

    async def send_signal(self, signum: int) -> None:
        """Nothing: interrupts travel as messages, and the others mean ``terminate`` and ``kill``."""

    async def shutdown_requested(self) -> None:
        """See Driver. A server that ends leaves the rest to Kubernetes, which gives the kernel its time to end."""
        if self._backend.is_closing:
            await self.terminate()
            self._left = True
            self._end(0)

    async def terminate(self) -> None:
        """See Driver."""
        with self._told_if_unreachable():
            await self._delete(None)

    async def kill(self) -> None:
        """See Driver."""
        with self._told_if_unreachable():
            await self._delete(1)

    @contextmanager
    def _told_if_unreachable(self) -> Iterator[None]:
        """A kernel's end goes on without a cluster: what stays is told in the log, and swept later."""
        try:
            yield
        except (SparkK8sError, asyncio.TimeoutError) as error:
            unreachable = isinstance(error, ApiUnreachable)
            self._backend.log.warning("Pod %s is not gone yet%s", self.spec.pod_name, f": {error}" if unreachable else "")

    async def _delete(self, grace_s: int | None) -> None:
        """Delete the pod. One whose creation was cut short has no uid that we know of; its name is this launch's own."""
        if self._asked and not self._gone.is_set():
            spec, self._deleted = self.spec, True
            there = await self._backend.cluster.delete("pods", spec.namespace, spec.pod_name, uid=self._uid, grace_s=grace_s)
            if not there:
                self._gone.set()

    async def close(self) -> None:
        """See Driver. Returns when the pod is gone, or given to Kubernetes by a server that ends."""
        await self.follow_executors(None)
        if self._transport is not None:
            await self._transport.stop()
            self._transport = None
        if self._spec is not None:
            if not self._left:
                with self._told_if_unreachable():
                    # Where nothing has run yet Kubernetes need not wait for its node, which may be what is wrong.
                    await self._delete(1 if self._running.is_set() else 0)
                    if self._asked:
                        await within(self._gone.wait(), _GONE_S)
            await self._backend.pods(self._spec.namespace).unsubscribe(self._spec.pod_name, self._on_pod)
        await self._tasks.close()
        await self._backend.forget(self)
