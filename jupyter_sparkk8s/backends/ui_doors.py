"""The ways to a driver's Spark UI: through the transport of its pod, or on this machine's loopback address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..spark.ui_door import P, UiDoor
from .local_processes import listening_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from .transport import Transport

# So often a port is knocked at that gives no answer: a UI that is just ending gives none either.
_MISSES = 3


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
    """Of a process on this machine, where others have a Spark UI too: only ports count that a JVM of the kernel's own
    session listens on, without ``others``, at which something else is known to listen.
    """

    def __init__(self, session: int, others: Collection[int]) -> None:
        self._session = session
        self._others = frozenset(others)
        self._misses: dict[int, int] = {}

    async def ports(self) -> Sequence[int]:
        """See UiDoor."""
        listening = await asyncio.to_thread(listening_ports, self._session)
        self._misses = {port: count for port, count in self._misses.items() if port in listening}
        return [port for port in listening if port not in self._others and self._misses.get(port, 0) < _MISSES]

    def is_no_ui(self, port: int) -> None:
        """See UiDoor. What Spark's other ports make of a knock goes into Spark's log."""
        self._misses[port] = self._misses.get(port, 0) + 1

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """See UiDoor. Whose the port is may have changed since it was asked for."""
        if port not in await self.ports():
            raise ConnectionRefusedError(f"The kernel does not listen on port {port}")
        _, protocol = await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", port)
        return protocol
