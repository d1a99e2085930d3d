"""The ways to a driver's Spark UI: through the transport of its pod, or on this machine's loopback address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..spark.ui_door import P, UiDoor
from .local_processes import listening_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from .transport import Transport


class PodUi(UiDoor):
    """In a pod. Its ports are Spark's own, from where the administrator lets them begin: what runs there has no say."""

    def __init__(self, transport: Transport, key: str, ports: range) -> None:
        self._transport, self.key, self._ports = transport, key, ports

    async def ports(self) -> Sequence[int]:
        """See UiDoor."""
        return self._ports

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """See UiDoor."""
        return await self._transport.connect(port, factory)


class LocalUi(UiDoor):
    """Of a process on this machine, where others have a Spark UI too: only ports count that a process of the kernel's own
    session listens on, without ``others``, at which something else is known to listen.
    """

    def __init__(self, session: int, others: Collection[int]) -> None:
        self._session = session
        self._others = set(others)

    async def ports(self) -> Sequence[int]:
        """See UiDoor."""
        return [port for port in await asyncio.to_thread(listening_ports, self._session) if port not in self._others]

    def is_no_ui(self, port: int) -> None:
        """See UiDoor. Spark's other ports are knocked at once only: what they make of it goes into Spark's log."""
        self._others.add(port)

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """See UiDoor. Whose the port is may have changed since it was asked for."""
        if port not in await self.ports():
            raise ConnectionRefusedError(f"The kernel does not listen on port {port}")
        _, protocol = await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", port)
        return protocol
