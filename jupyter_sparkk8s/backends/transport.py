"""How the server's side reaches a pod's ports: by its address, or through the API server and the relay in the pod."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from ..errors import ApiError, PodGone, PodUnreachable
from ..kubernetes.pods import exit_code
from ..kubernetes.portforward import connect
from ..relay.client import RelayClient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ..errors import SparkK8sError
    from ..kubernetes.client import Cluster
    from ..models.driver import DriverSpec

_LISTENS_AFTER_S = 0.25
P = TypeVar("P", bound=asyncio.BaseProtocol)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Transport(ABC):
    """One way to one pod. ``kernel_ip`` is where its kernel listens; ``token`` and ``env`` go into the pod."""

    kernel_ip: str
    token: str = ""

    @property
    def env(self) -> dict[str, str]:
        """Environment that the pod's start script needs for this transport."""
        return {}

    @abstractmethod
    async def start(self, address: str) -> None:
        """Make the way. ``address`` is the pod's IP address."""

    @abstractmethod
    async def lost(self) -> SparkK8sError:
        """Return when the way is gone for good, with the reason."""

    @abstractmethod
    async def open(self, port: int) -> Streams:
        """A connection to a port of the pod."""

    @abstractmethod
    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """A connection to a port of the pod for a protocol; raises OSError or SparkK8sError. One that the pod refuses may
        be made all the same, and end at once.
        """

    @abstractmethod
    async def forward(self, ports: Mapping[str, int], avoid: Collection[int]) -> tuple[str, dict[str, int]]:
        """The address and ports at which clients on this side reach ``ports``; none of the local ones is in ``avoid``."""

    @abstractmethod
    async def stop(self) -> None:
        """Free everything."""


class DirectTransport(Transport):
    """Pod addresses are reachable from here."""

    kernel_ip = "0.0.0.0"  # noqa: S104 - the pod's own address is not known when this is written; Curve guards the ports

    def __init__(self) -> None:
        self._address = ""

    async def start(self, address: str) -> None:
        """See Transport."""
        self._address = address

    async def lost(self) -> SparkK8sError:
        """See Transport. A connection that ends is made anew by its socket, as long as the pod lives."""
        never: asyncio.Future[SparkK8sError] = asyncio.get_running_loop().create_future()
        return await never

    async def open(self, port: int) -> Streams:
        """See Transport."""
        return await asyncio.open_connection(self._address, port)

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """See Transport."""
        _, protocol = await asyncio.get_running_loop().create_connection(factory, self._address, port)
        return protocol

    async def forward(self, ports: Mapping[str, int], avoid: Collection[int]) -> tuple[str, dict[str, int]]:
        """See Transport. The pod's ports themselves."""
        return self._address, dict(ports)

    async def stop(self) -> None:
        """See Transport."""


class RelayTransport(Transport):
    """One port-forward stream through the API server, on which the pod's relay carries every connection."""

    kernel_ip = "127.0.0.1"

    def __init__(self, cluster: Cluster, spec: DriverSpec, port: int) -> None:
        self._cluster, self._spec, self._port = cluster, spec, port
        self.token = secrets.token_urlsafe(32)
        self._client: RelayClient | None = None

    @property
    def env(self) -> dict[str, str]:
        """See Transport."""
        return {"SPARKK8S_RELAY_PORT": str(self._port)}

    async def start(self, address: str) -> None:
        """See Transport."""
        spec = self._spec

        async def stream(protocol: Callable[[], asyncio.Protocol]) -> object:
            try:
                return await self._cluster.signed_in(
                    lambda client: connect(client, spec.namespace, spec.pod_name, self._port, protocol)
                )
            except PodGone as error:
                # A node whose kubelet was just restarted says so too, of pods that run on.
                if await self._runs():
                    raise PodUnreachable(str(error)) from error
                raise

        self._client = RelayClient(stream, self.token, f"pod {spec.pod_name}")
        # Kubernetes says Running before Python has bound the relay's port. The kernel's imports take longer than this, so the
        # pause costs no launch anything, and a refused attempt would be one more request to the API server.
        await asyncio.sleep(_LISTENS_AFTER_S)
        # On a busy node Python may need long to get there; a pod that ends ends the launch.
        await self._client.start(spec.start_timeout_s)

    async def _runs(self) -> bool:
        """Whether the pod runs for all that the API server knows."""
        try:
            pod = await self._cluster.request("GET", f"/api/v1/namespaces/{self._spec.namespace}/pods/{self._spec.pod_name}")
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return exit_code(pod) is None

    @property
    def client(self) -> RelayClient:
        """The relay's client, after ``start``."""
        assert self._client is not None
        return self._client

    async def lost(self) -> SparkK8sError:
        """See Transport."""
        ended = self.client.ended
        await asyncio.wait({ended})
        return ended.result()

    async def open(self, port: int) -> Streams:
        """See Transport."""
        return await self.client.open(port)

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """See Transport."""
        _, protocol = await asyncio.get_running_loop().create_connection(factory, sock=await self.client.dial(port))
        return protocol

    async def forward(self, ports: Mapping[str, int], avoid: Collection[int]) -> tuple[str, dict[str, int]]:
        """See Transport. Local ports on loopback."""
        return "127.0.0.1", {channel: await self.client.forward(port, avoid) for channel, port in ports.items()}

    async def stop(self) -> None:
        """See Transport."""
        client, self._client = self._client, None
        if client is not None:
            await client.stop()
