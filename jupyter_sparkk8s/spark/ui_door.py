"""The way to one driver's Spark UI: which ports it may be at, and how a connection to one is made. Each backend has its own.
Leaves out what is asked there.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = TypeVar("P", bound=asyncio.BaseProtocol)

# Spark takes the next port where one is in use, so often at most. Source: spark.ui.port and spark.port.maxRetries.
FIRST_PORT, PORTS = 4040, 17


class UiDoor(ABC):
    """Of one driver. ``key`` opens its UI (see ``ui_key``); empty where it has no lock."""

    key: str = ""

    @abstractmethod
    async def ports(self) -> Sequence[int]:
        """Where the UI may listen, the most likely first."""

    def is_no_ui(self, port: int) -> None:  # noqa: B027 - in a pod there is little else
        """What listens at a port speaks no HTTP."""

    @abstractmethod
    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        """A connection to one of them. Raises OSError or SparkK8sError."""
