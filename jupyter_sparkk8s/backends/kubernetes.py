"""Drivers as pods: what a server shares between its kernels (connection, watches, identity), one driver object per launch.
Leaves out the launch itself: see ``pod_driver``.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

from ..config.identity import ServerIdentity, username
from ..config.resolve import LaunchContext, resolve
from ..errors import SparkK8sError
from ..kubernetes.causes.seen import involved
from ..kubernetes.client import Cluster
from ..kubernetes.login import choose_access, own_namespace, uses_own_account
from ..kubernetes.names import KERNEL_ID, all_executors_of, drivers_of
from ..kubernetes.watch import GroupWatch, Watch
from ..models.driver import Access, DriverSpec, JsonObject, OwnerPod
from ..tasks import Tasks
from .base import Backend, LaunchRequest
from .pod_driver import PodDriver
from .sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.traits import SparkK8s


class KubernetesBackend(Backend):
    """One per Jupyter server. Opens its connection at the first launch, or earlier by ``open()``."""

    needs_running_loop = True

    def __init__(self, settings: SparkK8s) -> None:
        self._settings = settings
        self.log = settings.log
        self.cluster = Cluster(settings.kubeconfig, settings.context)
        self.identity = ServerIdentity(fixed=settings.server_id)
        self._owner: OwnerPod | None = None
        self._opened = False
        self._opening = asyncio.Lock()
        self._watches: dict[tuple[str, str], Watch] = {}
        self._executors: dict[str, GroupWatch] = {}
        self._drivers: set[PodDriver] = set()
        # Namespace and name of claims that more than one pod may use, as far as their access mode goes, which never changes.
        self.shared_claims: set[tuple[str, str]] = set()
        self._closing = False
        self._swept = False
        self._tasks = Tasks("Kubernetes backend")

    @property
    def server_id(self) -> str:
        """The identity on this server's objects."""
        return self.identity.acquire()

    @property
    def access(self) -> Access:
        """How this server reaches pods."""
        return choose_access(self._settings.access, self._settings.kubeconfig)

    async def open(self) -> None:
        """Connect, and find out which pod this server lives in. Raises ConfigurationError or ApiUnreachable."""
        async with self._opening:
            if self._opened:
                return
            await self.cluster.open()
            self._owner = await self._own_pod()
            self._opened = True
        if not self._swept:
            self._swept = True
            if self.identity.has_past():
                self._tasks.start(self._sweep(), "sweep")

    async def recover(self) -> None:
        """When a server starts: delete what one before it has left. Costs no request where there was none."""
        if self._settings.image and self.identity.has_past():
            try:
                await self.open()
            except SparkK8sError as error:
                self.log.info("No look for kernels that a server has left, for now: %s", error)

    async def _sweep(self) -> None:
        """Once; an attempt that fails is made again by the next launch."""
        try:
            await sweep(self.cluster, self.identity, lambda: {driver.pod_name for driver in self._drivers}, self.log)
        except SparkK8sError as error:
            self._swept = False
            self.log.warning("Kernels that a server has left, if there are any, could not be deleted yet: %s", error)

    async def _own_pod(self) -> OwnerPod | None:
        """The server's own pod. A server without the right to read it does without."""
        if not uses_own_account(self._settings.kubeconfig):
            return None
        path = f"/api/v1/namespaces/{own_namespace()}/pods/{socket.gethostname()}"
        try:
            metadata = (await self.cluster.request("GET", path))["metadata"]
        except SparkK8sError as error:
            self.log.info("This server's own pod can't be read; its kernels get no owner: %s", error)
            return None
        return OwnerPod(metadata["name"], metadata["uid"])

    @property
    def is_closing(self) -> bool:
        """Whether the server is about to end."""
        return self._closing

    def driver(self, request: LaunchRequest) -> PodDriver:
        """See Backend."""
        driver = PodDriver(self, request)
        self._drivers.add(driver)
        return driver

    async def forget(self, driver: PodDriver) -> None:
        """A driver has closed; the last one closes a backend that is to be closed."""
        self._drivers.discard(driver)
        if self._closing:
            await self.close()

    def launch_context(self, request: LaunchRequest) -> LaunchContext:
        """The part of a driver's specification that comes from this server and this request."""
        return LaunchContext(
            kernel_id=request.kernel_id,
            username=username(),
            server_id=self.server_id,
            access=self.access,
            environ=os.environ,
            launch=request.launch,
            profile=request.profile,
            owner=self._owner,
            owner_namespace=own_namespace() if self._owner else "",
        )

    def resolve(self, request: LaunchRequest) -> DriverSpec:
        """What a launch amounts to under this server's settings. Raises ConfigurationError."""
        spec = resolve(self._settings, self.launch_context(request))
        self.identity.note(self.cluster.host, spec.namespace)
        return spec

    def pods(self, namespace: str) -> Watch:
        """The shared watch over this server's drivers in ``namespace``."""
        query = {"labelSelector": drivers_of(self.server_id)}
        return self._watch(namespace, "pods", query, lambda pod: str(pod["metadata"]["name"]))

    def executors(self, namespace: str) -> GroupWatch:
        """The shared watch over the executors of this server's drivers in ``namespace``, by kernel id; for who looks."""
        if namespace not in self._executors:
            query = {"labelSelector": all_executors_of(self.server_id)}
            self._executors[namespace] = GroupWatch(
                self.cluster, namespace, "pods", query, lambda pod: str(pod["metadata"]["labels"][KERNEL_ID])
            )
        return self._executors[namespace]

    def events(self, namespace: str) -> Watch:
        """The shared watch over what Kubernetes says in ``namespace``, by kind and name ("Pod/x"); for slow starts."""
        return self._watch(namespace, "events", {}, lambda event: "{kind}/{name}".format(**involved(event)))

    def _watch(self, namespace: str, plural: str, query: dict[str, str], key: Callable[[JsonObject], str]) -> Watch:
        place = (namespace, plural)
        if place not in self._watches:
            self._watches[place] = Watch(self.cluster, namespace, plural, query, key)
        return self._watches[place]

    async def close(self) -> None:
        """See Backend. A stopping server closes its extensions before its kernels: those still need the connection."""
        self._closing = True
        if self._drivers:
            return
        await self._tasks.close()
        await self.cluster.close()
        self.identity.release()
        self._opened = False
