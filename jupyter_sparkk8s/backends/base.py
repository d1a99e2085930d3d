"""The contract of every backend: one object per driver, whose life the provisioner leads.
Leaves out Jupyter's own life cycle and everything that only one backend knows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..errors import Cause
    from ..models.driver import DriverFacts
    from ..models.executor import Executor
    from ..models.phase import StartPhase
    from ..spark.ui_door import UiDoor

ConnectionInfo = dict[str, Any]
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


@dataclass(frozen=True)
class LaunchRequest:
    """What Jupyter asks for. ``key`` signs messages; ``environ`` is the environment that the launch request brought
    (untrusted; only the notebook's name is taken from it); ``avoid_ports`` are those of the launch before. ``on_phase`` is
    called with each step of the start, on the event loop that ``start`` runs on; it must not block.
    """

    kernel_id: str
    key: bytes
    signature_scheme: str
    launch: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    profile: str | None = None
    avoid_ports: frozenset[int] = frozenset()
    on_phase: Callable[[StartPhase], None] = lambda _phase: None


class Driver(ABC):
    """One launch of one kernel, from ``start`` to ``close``; a restart is a new one."""

    @abstractmethod
    async def start(self) -> ConnectionInfo:
        """Start the driver and return when its kernel answers on its sockets.

        Returns jupyter_client's connection info: ``transport``, ``ip``, ``{shell,iopub,stdin,control,hb}_port``, ``key``
        (bytes), ``signature_scheme`` and, where encrypted, ``curve_publickey`` and ``curve_secretkey``.
        Raises LaunchError, and leaves nothing behind then.
        """

    @abstractmethod
    def poll(self) -> int | None:
        """None while the driver lives, else its exit code. Never waits, asks nobody."""

    @abstractmethod
    def death(self) -> Cause:
        """Why a driver that has ended without being asked to did. The same cause always has the same title."""

    @abstractmethod
    async def wait(self) -> int:
        """Return the exit code when the driver has ended."""

    @abstractmethod
    async def send_signal(self, signum: int) -> None:
        """Deliver a signal where the backend can; else do nothing (interrupts travel as messages)."""

    async def shutdown_requested(self) -> None:  # noqa: B027 - most drivers end when their kernel does
        """The kernel was asked by message to end. A driver that need not be watched to its end may count as ended."""

    @abstractmethod
    async def terminate(self) -> None:
        """Ask the driver to end, in time to tidy up."""

    @abstractmethod
    async def kill(self) -> None:
        """End the driver now."""

    def facts(self) -> DriverFacts | None:
        """What can be told of this driver now; asks nobody. None where nothing is known yet."""
        return None

    def ui_door(self) -> UiDoor | None:
        """The way to the driver's Spark UI; None while there is none."""
        return None

    async def follow_executors(self, see: Callable[[Sequence[Executor]], None] | None) -> None:  # noqa: B027 - Spark's are enough
        """Call ``see`` with the executors as the cluster knows them, at each change, until it is None."""

    def unseen(self) -> str:
        """Why what is known of this driver may be out of date, in words; empty while it is not."""
        return ""

    async def memory_used(self) -> int | None:
        """Bytes that the driver holds in memory, where that can be known."""
        return None

    async def executor_refusal(self) -> Cause | None:
        """Why an executor that is asked for now would be refused; None where it would not, or nobody says."""
        return None

    @abstractmethod
    async def close(self) -> None:
        """Leave nothing behind: end the driver if it lives and free all that was made for it. May be called twice."""


class Backend(ABC):
    """A place where drivers run. One per Jupyter server and kind."""

    needs_running_loop: ClassVar[bool] = False
    """Whether it does something between calls; else each call may come on another event loop."""

    @abstractmethod
    def driver(self, request: LaunchRequest) -> Driver:
        """A driver that is not started yet. Raises ConfigurationError where the settings can't be right."""

    @abstractmethod
    async def close(self) -> None:
        """Free what is shared between drivers. Drivers are closed by their provisioners."""
