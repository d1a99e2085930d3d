"""The one place that starts asyncio tasks: each has a name, an owner and an awaited end.

Leaves out threads, timers and any policy on failure beyond "say so in the log".
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A task that ate its cancellation is cancelled again after this: a library's asyncio.wait_for can, until Python 3.12.
_CANCEL_AGAIN_S = 1.0


@final
class Tasks:
    """Owns the background tasks of one live thing.

    ``owner`` names that thing in task names and in the log ("relay 3f2a"). ``close()`` is the awaited end; so is
    that of ``async with``. Must be used on one event loop only.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        """How many tasks have not ended yet."""
        return len(self._running)

    def start(self, coro: Coroutine[Any, Any, T], name: str, *, awaited: bool = False) -> asyncio.Task[T]:
        """Start ``coro`` as a task called ``"<owner>: <name>"``.

        An exception is logged with that name when the task ends, unless the task is ``awaited`` by who started it, who then
        gets it. Raises RuntimeError after ``close()``.
        """
        if self._closed:
            coro.close()
            raise RuntimeError(f"{self.owner} is closed and starts no task {name!r}")
        task = asyncio.get_running_loop().create_task(coro, name=f"{self.owner}: {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard if awaited else self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Task %s failed: %s", task.get_name(), error, exc_info=error)

    async def settle(self) -> None:
        """Return when each task has ended by itself."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Cancel all tasks and return when each has ended.

        May be called twice, and by one of the tasks itself, which then goes on to its own end.
        """
        self._closed = True
        current = asyncio.current_task()
        while pending := {task for task in self._running if task is not current}:
            for task in pending:
                task.cancel()
            _, late = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
            for task in late:
                _log.warning("Task %s has not ended %g s after it was cancelled", task.get_name(), _CANCEL_AGAIN_S)

    async def __aenter__(self) -> Tasks:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def within(work: Coroutine[Any, Any, T], timeout_s: float | None) -> T:
    """Await ``work`` for so long at most (seconds; None: for ever). Raises asyncio.TimeoutError when it has not ended by then.

    As asyncio.wait_for, which until Python 3.12 lets a cancellation go unheard that comes in the moment of the work's end: who
    tries again and again would never be ended.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # has been seen
    if task.cancelled():
        raise asyncio.TimeoutError
    return task.result()
