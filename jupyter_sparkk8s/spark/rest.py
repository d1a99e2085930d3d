"""Asks one driver's REST API for what is going on, and for no more than that: a large application's full lists are megabytes.
Leaves out when it is asked, and what the cluster knows beside it.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SparkUnreachable
from . import answers

if TYPE_CHECKING:
    from ..models.application import Application, Job, Stage, Straggler
    from ..models.driver import JsonObject
    from ..models.executor import Executor
    from .ui_client import UiClient

_FINISHED = 5  # of jobs and of stages, that are kept after their end
_STAGES = 32  # of a job that has failed, in which the cause is looked for
_NEWEST = 64  # a jump of job ids at most, while looking for the newest
_SLOW_S = 20.0  # a stage whose last tasks run longer is looked at
_TIMEOUT_S = 20.0
_LARGEST = 32 << 20  # bytes of one answer; 10,000 executors are half of it
# What comes of answers that aren't Spark's: its user's own program may stand in its place.
_ODD = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, AssertionError)


class UnknownHereError(Exception):
    """The driver's Spark knows nothing of what was asked: another application has taken its place, or it is too old."""


@dataclass(frozen=True)
class Reading:
    """What one reading gave. ``executors`` and ``stages`` are None where they were not read; ``wanted`` is how many executors
    Spark wants, where its settings or metrics say so. ``stragglers`` are looked for with the executors.
    """

    application: Application
    jobs: tuple[Job, ...]
    executors: tuple[Executor, ...] | None
    stages: tuple[Stage, ...] | None
    wanted: int | None
    stragglers: tuple[Straggler, ...]
    took_s: float

    @property
    def has_running(self) -> bool:
        """Whether a job runs."""
        return any(job.state == "running" for job in self.jobs)


class SparkApi:
    """Of one driver. Remembers the last few finished jobs and stages of the application that it met."""

    def __init__(self, client: UiClient) -> None:
        self._client = client
        self._forget()

    def _forget(self) -> None:
        self._application: list[JsonObject] = []
        self._version = ""
        self._words: dict[int, str] = {}
        self._settings: dict[str, str] | None = None
        self._next_job: int | None = None
        self._jobs: dict[int, JsonObject] = {}
        self._failures: dict[int, str] = {}
        self._forgotten: set[int] = set()  # by Spark, which keeps so many jobs only
        self._stages: dict[str, Stage] = {}
        self._executors: tuple[Executor, ...] | None = None
        self._wanted: int | None = None

    async def read(self, *, stages: bool, executors: bool) -> Reading:
        """One reading: running jobs always, the rest where asked for. Raises SparkUnreachable."""
        begun = time.monotonic()
        try:
            try:
                return await self._read(stages, executors, begun)
            except UnknownHereError:
                self._forget()
            return await self._read(stages, executors, begun)
        except UnknownHereError as error:
            raise SparkUnreachable("The driver's Spark has just been stopped.") from error
        except _ODD as error:
            self._forget()
            raise SparkUnreachable(f"What the driver's Spark answers can't be read ({error!r}).") from error

    async def _read(self, with_stages: bool, with_executors: bool, begun: float) -> Reading:
        if not self._application:
            self._application = await self._ask("")
            if not self._application:
                raise SparkUnreachable("The driver's Spark has just been stopped.")
            self._version = (await self._ask("version"))["spark"]
        running = await self._of_app("jobs?status=running")
        await self._note_finished(running)
        stages: tuple[Stage, ...] | None = None
        stragglers: list[Straggler] = []
        if with_stages:
            await self._describe([*running, *self._jobs.values()])
            stages = await self._read_stages(running)
        if with_executors:
            found = answers.executors(await self._of_app("executors"), answers.heap_of(await self._ask_settings()))
            self._executors = (*found, *await self._gone(found))
            self._wanted = await self._ask_wanted()
            stragglers = [each for stage in stages or () if (each := await self._straggler(stage)) is not None]
        jobs = tuple(
            answers.job(each, self._words, stages or (), self._failures.get(each["jobId"], ""))
            for each in [*running, *self._jobs.values()]
        )
        told = answers.application(self._application, self._version, self._executors or (), self._settings)
        assert told is not None
        executors = self._executors if with_executors else None
        return Reading(told, jobs, executors, stages, self._wanted, tuple(stragglers), time.monotonic() - begun)

    async def _note_finished(self, running: list[JsonObject]) -> None:
        """Keep the last jobs that have ended; those too that began and ended between two readings."""
        newest = await self._newest_job(max((each["jobId"] for each in running), default=-1))
        others = {each["jobId"] for each in running} | self._forgotten
        last = [number for number in range(newest, max(newest - 2 * _FINISHED, -1), -1) if number not in others][:_FINISHED]
        found = {number: await self._job(number) for number in last}
        self._jobs = {number: each for number, each in found.items() if each is not None}
        self._forgotten |= set(found) - set(self._jobs)
        known, failed = self._failures, [each for each in self._jobs.items() if each[1]["status"] == "FAILED"]
        self._failures = {number: known[number] if number in known else await self._failure(each) for number, each in failed}

    async def _newest_job(self, at_least: int) -> int:
        """Ids have no gaps: with steps that double, then halve, the newest is found in a few small questions."""
        if self._next_job is None:
            every = await self._of_app("jobs")  # once for each application; newest first
            self._next_job = max((each["jobId"] for each in every), default=-1) + 1
            self._jobs = {each["jobId"]: each for each in every[: 2 * _FINISHED] if each["status"] != "RUNNING"}
        known, step = max(self._next_job - 1, at_least), 1
        while step <= _NEWEST and await self._job(known + step) is not None:
            known, step = known + step, 2 * step
        while step > 1:
            step //= 2
            if await self._job(known + step) is not None:
                known += step
        self._next_job = known + 1
        return known

    async def _job(self, number: int) -> JsonObject | None:
        """A job, asked for until it has ended; None where there is none yet, or Spark has forgotten it."""
        known = self._jobs.get(number)
        if known is None or known["status"] == "RUNNING":
            try:
                known = self._jobs[number] = await self._of_app(f"jobs/{number}")
            except UnknownHereError as error:
                if "job" not in str(error):
                    raise
        return known

    async def _failure(self, job: JsonObject) -> str:
        """Why a job has failed: asked once, also of a kernel whose stages nobody reads. Only its stages say it, so they are
        asked, the newest first, until all have been found that failed.
        """
        attempts: list[JsonObject] = []
        for number in sorted(job["stageIds"], reverse=True)[:_STAGES]:
            if sum(each["status"] == "FAILED" for each in attempts) >= job["numFailedStages"]:
                break
            with suppress(UnknownHereError):
                attempts += await self._of_app(f"stages/{number}?details=false")
        return answers.failure_of(attempts)

    async def _read_stages(self, running: list[JsonObject]) -> tuple[Stage, ...]:
        now = time.time()
        active = [answers.stage(each, running, self._words, now) for each in await self._of_app("stages?status=active")]
        keys = {stage.key for stage in active}
        ended = [key for key, stage in self._stages.items() if stage.state == "active" and key not in keys]
        for key in ended:
            number, attempt = key.split(".")
            jobs = [*running, *self._jobs.values()]
            try:
                item = await self._of_app(f"stages/{number}/{attempt}?details=false")
            except UnknownHereError:
                del self._stages[key]
            else:
                self._stages[key] = answers.stage(item, jobs, self._words, now)
        self._stages.update({stage.key: stage for stage in active})
        done = [key for key, stage in self._stages.items() if stage.state != "active"]
        for key in done[:-_FINISHED]:
            del self._stages[key]
        return tuple(self._stages.values())

    async def _describe(self, jobs: list[JsonObject]) -> None:
        """What a job of Spark SQL is called there: the job itself is named after a thread pool."""
        wanted = {number for each in jobs if (number := answers.execution_of(each)) is not None}
        for number in wanted - set(self._words):
            try:
                told = await self._of_app(f"sql/{number}?details=false&planDescription=false")
            except UnknownHereError:
                told = {}
            self._words[number] = str(told.get("description") or "")
        self._words = {number: text for number, text in self._words.items() if number in wanted}

    async def _gone(self, active: list[Executor]) -> list[Executor]:
        """Executors that have ended. The list of all is asked for only when one is missing."""
        before = [each for each in self._executors or () if each.state not in ("running", "excluded")]
        known = {each.id for each in self._executors or ()}
        ids = {each.id for each in active}
        if self._executors is not None and not (known - ids - {each.id for each in before}):
            return before
        every = answers.executors(await self._of_app("allexecutors"), answers.heap_of(await self._ask_settings()))
        return sorted((each for each in every if each.id not in ids), key=lambda each: each.ended_at or 0)[-20:]

    async def _ask_wanted(self) -> int | None:
        """How many executors Spark wants, by its settings; dynamic allocation changes that all the time."""
        settings = await self._ask_settings()
        if settings.get("spark.dynamicAllocation.enabled", "").lower() == "true":
            return await self._target()
        if cluster := settings.get("spark.master", "").partition("local-cluster[")[2]:
            return int(cluster.split(",")[0])
        wanted = settings.get("spark.executor.instances", "")
        return int(wanted) if wanted.isdecimal() else None

    async def _ask_settings(self) -> dict[str, str]:
        """The application's, which never change."""
        if self._settings is None:
            told = await self._of_app("environment")
            self._settings = dict(told["sparkProperties"])
        return self._settings

    async def _target(self) -> int | None:
        gauges = (await self._ask_json("/metrics/json/")).get("gauges", {})
        values = [gauge.get("value") for name, gauge in gauges.items() if name.endswith(".executors.numberTargetExecutors")]
        return int(values[0]) if values and values[0] is not None else None

    async def _straggler(self, stage: Stage) -> Straggler | None:
        """Of a stage whose other tasks are done."""
        tasks = stage.tasks
        waiting = tasks.total - tasks.done - tasks.running
        is_old = stage.submitted_at is not None and time.time() - stage.submitted_at > _SLOW_S
        if stage.state != "active" or waiting or not is_old or not tasks.running or tasks.done < 3 * tasks.running:
            return None
        one = f"stages/{stage.id}/{stage.attempt}"
        try:
            summary = await self._of_app(f"{one}/taskSummary?quantiles=0.5")
            slowest = await self._of_app(f"{one}/taskList?status=running&sortBy=-runtime&length=1")
        except UnknownHereError:
            return None
        return answers.straggler(stage, summary, slowest)

    async def _of_app(self, path: str) -> Any:
        return await self._ask(f"{self._application[0]['id']}/{path}")

    async def _ask(self, path: str) -> Any:
        """Ask below ``/api/v1/applications``, or for the version."""
        full = "/api/v1/version" if path == "version" else "/api/v1/applications" + ("/" + path if path else "")
        return await self._ask_json(full)

    async def _ask_json(self, path: str) -> Any:
        body = bytearray()
        async with await self._client.request("GET", path, timeout_s=_TIMEOUT_S) as answer:
            async for piece in answer.pieces():
                body += piece
                if len(body) > _LARGEST:
                    raise SparkUnreachable(f"The driver's Spark answers with more than {_LARGEST >> 20} MB.")
        if answer.status == 404:
            raise UnknownHereError(body.decode(errors="replace")[:200])
        if answer.status != 200:
            raise SparkUnreachable(f"The driver's Spark answers {answer.status}: {body[:200].decode(errors='replace')}")
        return json.loads(body)
