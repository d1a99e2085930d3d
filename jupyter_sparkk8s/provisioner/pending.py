"""jupyter_client's list of pending kernels, where it leaves gaps: after a failed start, and while a kernel restarts.
Without this a server with such a kernel answers 500 to its shutdown and does not end on SIGTERM (jupyter_client 8.10). And
jupyter_server's list of kernels, which is open to all a moment before a new one is complete.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

# Far longer than a restart takes to end, once its start is cancelled.
_RESTART_S = 30.0


class Restart:
    """A kernel that restarts. jupyter_client awaits a pending kernel before it shuts it down: that ends the restart early,
    and the shutdown finds a kernel that has failed to start. ``over`` tells of the end: why there is no kernel, or None.
    """

    def __init__(self, cancel_start: Callable[[], Awaitable[object]]) -> None:
        self.cancelled = False
        self.over: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self._cancel_start = cancel_start

    def __await__(self) -> Generator[Any, None, None]:
        return self._end().__await__()

    async def _end(self) -> None:
        self.cancelled = True
        await self._cancel_start()
        await asyncio.wait({self.over}, timeout=_RESTART_S)


def restart_under_way(manager: Any, kernel_id: str) -> Restart | None:
    """The restart of a kernel of ours, by whomever."""
    entry = getattr(manager, "_pending_kernels", {}).get(kernel_id)
    return entry if isinstance(entry, Restart) else None


def is_ending(manager: Any, kernel_id: str) -> bool:
    """Whether a kernel that counts as started is being shut down."""
    pending = getattr(manager, "_pending_kernels", {})
    return kernel_id in manager and kernel_id in pending and not isinstance(pending[kernel_id], Restart)


def note_activity(provisioner: KernelProvisionerBase) -> None:
    """Who asks for the list or the status of a server in the moment between a start and its first note of the kernel's activity
    gets a 500 otherwise (jupyter_server 2.21).
    """
    manager = provisioner.parent
    if manager is not None and manager.has_trait("last_activity"):
        manager.set_trait("last_activity", datetime.now(timezone.utc))


class Pending:
    """The entry of one kernel in the list."""

    def __init__(self, provisioner: KernelProvisionerBase, cancel_start: Callable[[], Awaitable[object]]) -> None:
        self._provisioner, self._cancel_start = provisioner, cancel_start
        self._restart: Restart | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether the kernel was shut down while it restarts: it must not start."""
        return self._restart is not None and self._restart.cancelled

    def _list(self) -> tuple[dict[str, Any] | None, bool]:
        """The list, and whether the kernel counts as started. Managers of a single kernel have none."""
        manager = getattr(self._provisioner.parent, "parent", None)
        pending = getattr(manager, "_pending_kernels", None)
        if manager is None or not isinstance(pending, dict):
            return None, False
        return pending, self._provisioner.kernel_id in manager

    def forget(self) -> None:
        """A start has failed: jupyter_client leaves its entry."""
        pending, started = self._list()
        if pending is not None and not started:
            pending.pop(self._provisioner.kernel_id, None)

    def ending(self) -> None:
        """The kernel ends. Without an entry of jupyter_client's own nobody has asked for more than a restart."""
        pending, started = self._list()
        ready = getattr(self._provisioner.parent, "ready", None)
        if pending is None or not started or self._provisioner.kernel_id in pending or not isinstance(ready, asyncio.Future):
            return
        pending[self._provisioner.kernel_id] = self._restart = Restart(self._cancel_start)
        ready.add_done_callback(self._settled)

    def _settled(self, ready: asyncio.Future[Any]) -> None:
        """jupyter_client has one future for the end and another for the start after it: the restart is over with the last."""
        restart, current = self._restart, getattr(self._provisioner.parent, "ready", ready)
        if current is not ready and isinstance(current, asyncio.Future):
            current.add_done_callback(self._settled)
        elif restart is not None:
            restart.over.set_result(None if ready.cancelled() else ready.exception())
            self._restart = None
            pending, _ = self._list()
            if pending is not None and pending.get(self._provisioner.kernel_id) is restart:
                del pending[self._provisioner.kernel_id]
