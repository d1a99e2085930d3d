"""The starts under way of one application, so that each can be cancelled: by its user, by a shutdown in the middle of a
restart, by the server's end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..errors import StartCancelled
from ..tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from ..backends.base import ConnectionInfo


class Starts:
    """By kernel id. A start that is cancelled raises StartCancelled where it is awaited, when nothing of it is left."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[ConnectionInfo]] = {}
        self._cancelled: set[str] = set()

    def __contains__(self, kernel_id: str) -> bool:
        """Whether a start of this kernel is under way."""
        return kernel_id in self._running

    async def run(self, kernel_id: str, start: Coroutine[Any, Any, ConnectionInfo]) -> ConnectionInfo:
        """Await ``start``."""
        tasks = Tasks(f"kernel {kernel_id[:8]}")
        task = self._running[kernel_id] = tasks.start(start, "start", awaited=True)
        try:
            return await task
        except asyncio.CancelledError:
            if kernel_id in self._cancelled:
                raise StartCancelled from None
            raise
        finally:
            del self._running[kernel_id]
            self._cancelled.discard(kernel_id)
            await tasks.close()

    async def cancel(self, kernel_id: str) -> bool:
        """Cancel the start of a kernel and return when it has ended; whether there was one."""
        task = self._running.get(kernel_id)
        if task is None:
            return False
        if kernel_id not in self._cancelled:  # a second time would end its cleaning up
            self._cancelled.add(kernel_id)
            task.cancel()
        await asyncio.wait({task})
        return True

    async def cancel_all(self) -> None:
        """Cancel every start."""
        await asyncio.gather(*(self.cancel(kernel_id) for kernel_id in list(self._running)))
