"""A backend on an event loop of its own thread, for programs that have no loop running all the time: `jupyter console`,
`jupyter execute`, nbclient. There each call comes on another loop, and between calls none runs: a watch or a port-forward on it
would starve.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ..tasks import Tasks, within
from .base import Backend, Driver

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from ..errors import Cause
    from .base import ConnectionInfo, LaunchRequest

T = TypeVar("T")
# For the end of a program that has not ended its kernels: it must not hang where the cluster can't be reached.
_EXIT_S = 15.0


class LastingExecutor(ThreadPoolExecutor):
    """The threads of an event loop. When a program ends they take no work any more, but only then some clients end their
    kernels (`jupyter console` does): from there on work is done at once, by who asks.
    """

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """See Executor."""
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError:
            done: Future[T] = Future()
            try:
                done.set_result(fn(*args, **kwargs))
            except Exception as error:  # belongs to who awaits the result
                done.set_exception(error)
            return done


class ThreadedBackend(Backend):
    """Another backend, made and run on a thread that lives while there are drivers."""

    def __init__(self, make: Callable[[], Backend]) -> None:
        self._make = make
        self._drivers: set[ThreadedDriver] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._backend: Backend | None = None
        self._tasks = Tasks("calls of other loops")

    def driver(self, request: LaunchRequest) -> Driver:
        """See Backend."""
        if self._loop is None:
            self._backend = self._make()
            self._loop = asyncio.new_event_loop()
            self._loop.set_default_executor(LastingExecutor())
            self._thread = threading.Thread(target=_run, args=[self._loop], name="sparkk8s", daemon=True)
            self._thread.start()
            atexit.register(self._at_exit)
        assert self._backend is not None
        driver = ThreadedDriver(self, self._backend.driver(request))
        self._drivers.add(driver)
        return driver

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the thread's loop and await it here; cancelled with who awaits, who waits for its end."""
        assert self._loop is not None
        begun: list[asyncio.Task[T]] = []
        ended: Future[asyncio.Task[T]] = Future()

        def begin() -> None:
            begun.append(self._tasks.start(work, "call", awaited=True))
            begun[0].add_done_callback(ended.set_result)

        self._loop.call_soon_threadsafe(begin)
        end = asyncio.wrap_future(ended)
        try:
            await asyncio.shield(end)
        except asyncio.CancelledError:
            self._loop.call_soon_threadsafe(lambda: begun[0].cancel())
            await end
            raise
        return ended.result().result()

    async def forget(self, driver: ThreadedDriver) -> None:
        """A driver has closed; the thread ends with the last one."""
        self._drivers.discard(driver)
        if not self._drivers:
            await self.close()

    async def close(self) -> None:
        """See Backend."""
        if self._loop is None or self._backend is None:
            return
        await self.call(self._backend.close())
        await self.call(self._loop.shutdown_default_executor())
        atexit.unregister(self._at_exit)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()  # at once: nothing runs there any more
        self._loop, self._backend = None, None

    def _at_exit(self) -> None:
        async def end() -> None:
            await asyncio.gather(*(driver.close() for driver in list(self._drivers)))

        asyncio.run(within(end(), _EXIT_S))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


class ThreadedDriver(Driver):
    """A driver that lives on its backend's thread, for calls from any loop."""

    def __init__(self, backend: ThreadedBackend, driver: Driver) -> None:
        self._backend, self._driver = backend, driver
        self._closed = False

    async def start(self) -> ConnectionInfo:
        """See Driver."""
        try:
            return await self._backend.call(self._driver.start())
        except BaseException:
            await self.close()
            raise

    def poll(self) -> int | None:
        """See Driver."""
        return self._driver.poll()

    def death(self) -> Cause:
        """See Driver."""
        return self._driver.death()

    async def wait(self) -> int:
        """See Driver."""
        if self._closed:
            return self._driver.poll() or 0
        return await self._backend.call(self._driver.wait())

    async def send_signal(self, signum: int) -> None:
        """See Driver."""
        await self._unless_closed(lambda: self._driver.send_signal(signum))

    async def shutdown_requested(self) -> None:
        """See Driver."""
        await self._unless_closed(self._driver.shutdown_requested)

    async def terminate(self) -> None:
        """See Driver."""
        await self._unless_closed(self._driver.terminate)

    async def kill(self) -> None:
        """See Driver."""
        await self._unless_closed(self._driver.kill)

    async def _unless_closed(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """At the end of a program who asks may come later than ``_at_exit``."""
        if not self._closed:
            await self._backend.call(work())

    async def close(self) -> None:
        """See Driver."""
        if not self._closed:
            self._closed = True
            await self._backend.call(self._driver.close())
            await self._backend.forget(self)
