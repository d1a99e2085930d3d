"""Follows one kernel while somebody looks: reads its Spark as often as is useful, and its executors' pods where there are any.
One for each kernel, whatever the number of those who look. Leaves out who they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import SparkUnreachable
from ..models.driver import DriverFacts
from ..spark.rest import SparkApi
from ..spark.ui_client import UiClient
from ..tasks import Tasks, within
from .executors import counts, join
from .missing import Missing
from .possible import possible
from .state import KernelState, SparkState, view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backends.base import Driver
    from ..models.driver import JsonObject
    from ..models.executor import Executor
    from ..provisioner.lives import Life
    from ..spark.rest import Reading

Publish = Callable[[str, "JsonObject"], None]

# Between two readings: of a kernel that somebody sees, of one without Spark, of one that nobody sees; of executors at most.
FAST_S, AWAY_S, BRIEF_S, SLOW_S = 1.0, 2.0, 5.0, 30.0
# A driver that needs a while to answer is asked less often: the asking takes at most this share of the time.
_SHARE = 0.5
_SLOWER_S = 2.0  # from here on it is said: a little more on a busy machine is nobody's concern
# So many executors are read each second; of more the list grows too long for that.
_A_SECOND = 100
_IDLE_EXECUTORS_S = 5.0  # executors, while no job runs
_CHART_S = 300
_REST_S = 0.1  # between two readings, whatever one has taken
_TURN_S = 0.25  # who looks here and away all the time is no reason to ask the driver all the time
_GATHER_S = 0.05  # what happens within this time is told together
_PACE = 9  # between two tellings, times what one takes of the processor: of a thousand executors each takes a while
_MEMORY_S = 5.0
_STALE_S = 3.0  # who looks at what is younger need not be told


class Collector:
    """``publish`` is called with each new view of the kernel."""

    def __init__(self, kernel_id: str, life: Life, publish: Publish) -> None:
        self._id, self._life, self._publish = kernel_id, life, publish
        self._full = self._stopped = False
        self._driver: Driver | None = None
        self._follows = False  # its executors' pods
        self._client: UiClient | None = None
        self._api: SparkApi | None = None
        self._spark, self._facts = SparkState(), DriverFacts("kubernetes")
        self._pods: Sequence[Executor] = ()
        self._joined: Sequence[Executor] | None = ()
        self._memory: int | None = None
        self._ui_why_not: str | None = None
        self._missing = Missing()
        self._chart: dict[int, int] = {}
        self._due_at = self._begun_at = self._read_at = self._executors_at = self._memory_at = float("-inf")
        self._took_s = 0.0
        self._failure, self._heard_at = "", time.monotonic()
        self._seen: set[str] = set()  # applications
        self._wake, self.known = asyncio.Event(), asyncio.Event()
        self._telling: asyncio.TimerHandle | None = None
        self._told_at, self._told_s = float("-inf"), 0.0
        self._tasks = Tasks(f"monitor of kernel {kernel_id[:8]}")
        self._tasks.start(self._run(), "read")

    def look(self, *, full: bool) -> None:
        """Whether somebody sees all of this kernel."""
        if full != self._full:
            self._full = full
            self._missing.watch(watched=full)
            if full:
                self._due_at = min(self._due_at, self._begun_at + _TURN_S)
            self.changed()

    def changed(self) -> None:
        """Something has happened to the kernel: tell it soon, and not only when a reading under way has ended."""
        self._wake.set()
        if self._telling is None and not self._stopped:
            rest_s = self._told_at + _PACE * self._told_s - time.monotonic()
            self._telling = asyncio.get_running_loop().call_later(max(_GATHER_S, rest_s), self.tell)

    def stop(self) -> None:
        """Tell nothing any more, from now on: who asks takes a while to end."""
        self._stopped = True
        if self._telling is not None:
            self._telling.cancel()

    async def close(self) -> None:
        """Ask nothing any more."""
        self.stop()
        await self._tasks.close()
        await self._leave()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            await self._meet(self._life.driver)
            will_tell = self._telling is not None and self.known.is_set()
            if self._api is not None and time.monotonic() >= self._due_at:
                self._due_at = time.monotonic() + self._interval_s()
                await self._read(self._api)
                if self._driver is not None:
                    await self._missing.ask(self._lacks_executors(), self._driver.executor_refusal)
                will_tell = False
            if not will_tell:
                self.tell()
            self.known.set()
            try:
                left_s = self._due_at - time.monotonic() if self._api is not None else self._interval_s()
                await within(self._wake.wait(), max(left_s, _REST_S))
            except asyncio.TimeoutError:
                continue

    async def _meet(self, driver: Driver | None) -> None:
        """Keep up with restarts and ends: a new driver is another Spark, and one that has ended has none."""
        if driver is not self._driver:
            await self._leave()
            self._driver, self._spark, self._pods, self._joined, self._memory = driver, SparkState(), (), (), None
            self._chart, self._failure, self._ui_why_not = {}, "", None
            self._missing.forget()
            self._due_at = self._executors_at = self._memory_at = float("-inf")
        if driver is None:
            return
        facts, alive = driver.facts(), driver.poll() is None
        self._facts = facts or self._facts
        door = driver.ui_door() if alive else None
        if not alive or (door is None and self._client is not None):
            await self._leave()
        if door is not None and self._client is None:
            self._client = UiClient(door)
            self._api = SparkApi(self._client)
        if alive and facts is not None and not self._follows:
            self._follows = True
            await driver.follow_executors(self._on_pods)
        if alive and self._full and time.monotonic() - self._memory_at >= _MEMORY_S:
            self._memory, self._memory_at = await driver.memory_used(), time.monotonic()

    async def _leave(self) -> None:
        """Ask the driver nothing any more."""
        client, self._client, self._api = self._client, None, None
        if client is not None:
            await client.close()
        if self._driver is not None and self._follows:
            self._follows = False
            await self._driver.follow_executors(None)

    def _on_pods(self, pods: Sequence[Executor]) -> None:
        self._pods, self._joined = pods, None
        self.changed()

    @property
    def _executors(self) -> Sequence[Executor]:
        """Joined when somebody asks: many pods may change before. An application made anew counts its executors from 1 again:
        those of the one before are not its, nor of the one that is in the making.
        """
        if self._joined is None:
            app = self._spark.application
            own = [pod for pod in self._pods if (pod.app not in self._seen if app is None else pod.app in (app.id, None))]
            self._joined = join(self._spark.executors, own)
        return self._joined

    async def _read(self, api: SparkApi) -> None:
        self._begun_at = now = time.monotonic()
        due_s = self._executors_s() if self._has_running() else max(_IDLE_EXECUTORS_S, self._executors_s())
        with_executors = self._full and now - self._executors_at >= due_s - FAST_S / 2
        try:
            reading = await api.read(stages=self._full, executors=with_executors)
            if reading.executors is None and self._full and reading.has_running and not self._has_running():
                reading = await api.read(stages=True, executors=True)  # the first job after a rest: now they matter
        except SparkUnreachable as error:
            self._lose(str(error))
            return
        self._failure, self._ui_why_not, self._read_at = "", None, time.monotonic()
        self._take(reading)

    def _take(self, reading: Reading) -> None:
        spark = self._spark
        self._seen.add(reading.application.id)
        self._spark = SparkState(
            application=reading.application,
            jobs=reading.jobs,
            stages=spark.stages if reading.stages is None else reading.stages,
            executors=spark.executors if reading.executors is None else reading.executors,
            wanted=reading.wanted,
            stragglers=spark.stragglers if reading.executors is None else reading.stragglers,
        )
        if reading.executors is not None:
            self._executors_at, self._took_s, self._joined = time.monotonic(), reading.took_s, None
        second = int(time.time())
        self._chart[second] = sum(job.tasks.running for job in possible(reading.jobs, reading.application.cores_total))
        self._chart = {at: count for at, count in self._chart.items() if at > second - _CHART_S}

    def _lose(self, why: str) -> None:
        """The driver's Spark does not answer: it has been stopped, or is too busy to."""
        assert self._client is not None
        self._ui_why_not = None if self._client.is_away else why
        if self._spark.application is None:
            return
        if self._client.is_away:
            self._spark, self._failure, self._joined = SparkState(ended=True), "", None
            self._chart[int(time.time())] = 0  # else its line would fall until there is another Spark
        else:
            self._failure = why

    def tell(self) -> None:
        """Publish what is known."""
        if self._stopped:
            return
        begun = time.thread_time()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        driver = self._life.driver
        spark, executors = (self._spark, self._executors) if driver is self._driver else (SparkState(), ())
        facts = (driver.facts() if driver is not None else None) or self._facts
        unseen = driver.unseen() if driver is not None else ""
        if not unseen:
            self._heard_at = time.monotonic()
        since = min(self._read_at if self._failure else self._heard_at, self._heard_at)
        interval_s = self._interval_s()
        why = self._why_slower() if self._full and self._has_running() and self._executors_s() >= _SLOWER_S else None
        self._missing.note(self._lacks_executors())
        age_s = time.monotonic() - since
        stale_s = max(int(age_s), 1) if (self._failure or unseen) and age_s >= _STALE_S else 0
        state = KernelState(
            kernel_id=self._id,
            alive=driver is not None and driver.poll() is None,
            full=self._full,
            facts=facts,
            spark=spark,
            executors=executors,
            ui_why_not=self._ui_why_not or facts.why_no_ui,
            memory_used=self._memory,
            chart=self._chart if self._full and driver is self._driver else {},
            missing_s=self._missing.seconds,
            refusal=self._missing.refusal,
            interval_s=self._executors_s() if why else interval_s,
            interval_reason=why,
            stale_s=stale_s,
            stale_reason=(self._failure or unseen) if stale_s else None,
        )
        self._publish(self._id, view(self._life, state, time.time()))
        self._told_at, self._told_s = time.monotonic(), time.thread_time() - begun

    def _lacks_executors(self) -> bool:
        spark = self._spark
        if spark.application is None or spark.wanted is None or not self._full:  # then nobody counts them
            return False
        tally = counts(self._executors, spark.wanted)
        return tally.running + tally.pending < tally.wanted

    def _has_running(self) -> bool:
        return any(job.state == "running" for job in self._spark.jobs)

    def _executors_s(self) -> float:
        """Seconds between two readings of the executors while jobs run."""
        many = len(self._spark.executors) / _A_SECOND
        return min(SLOW_S, max(FAST_S, round(many, 1), round(self._took_s / _SHARE, 1)))

    def _why_slower(self) -> str:
        number = len(self._spark.executors)
        if number > _A_SECOND:
            return f"With {number} executors they are read each {self._executors_s():g} s."
        return f"The driver needs {self._took_s:.1f} s to answer, so executors are read each {self._executors_s():g} s."

    def _interval_s(self) -> float:
        if not self._full:
            return BRIEF_S
        return FAST_S if self._spark.application is not None else AWAY_S
