"""What is asked of a driver's REST API, and what is made of it when things change between two questions. The answers are a real
Spark's, recorded, and changed as Spark changes them; the ones that are no Spark's are made up.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import pytest

from jupyter_sparkk8s.errors import SparkUnreachable
from jupyter_sparkk8s.spark.rest import SparkApi
from tests.pure.records import recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from jupyter_sparkk8s.spark.ui_client import UiClient


class Driver:
    """Answers in the place of a driver's UI; keeps what it was asked. ``ended`` are jobs by id."""

    def __init__(self) -> None:
        working, idle = recorded("spark-working"), recorded("spark-idle")
        self.app: dict[str, Any] = working["applications"][0]
        self.running: list[dict[str, Any]] = deepcopy(working["APP/jobs?status=running"])
        self.stages: list[dict[str, Any]] = deepcopy(working["APP/stages?status=active"])
        self.executors: list[dict[str, Any]] = deepcopy(idle["APP/executors"])
        self.gone: list[dict[str, Any]] = []
        self.ended = {job["jobId"]: job for job in deepcopy(idle["APP/jobs"])}
        self.settings = {"spark.executor.instances": "3"}
        self.asked: list[str] = []
        self.instead: bytes | None = None

    async def request(self, _method: str, path: str, timeout_s: float) -> Answer:
        assert timeout_s > 0
        self.asked.append(path)
        if self.instead is not None:
            return Answer(200, self.instead)
        status, body = self._answer(path.removeprefix("/api/v1/"))
        return Answer(status, json.dumps(body).encode() if status == 200 else str(body).encode())

    def _answer(self, path: str) -> tuple[int, Any]:
        if path in ("version", "applications"):
            return 200, {"spark": "4.3.0"} if path == "version" else [self.app]
        app, _, rest = path.removeprefix("applications/").partition("/")
        if app != self.app["id"]:
            return 404, f"no such app: {app}"
        jobs = {**self.ended, **{job["jobId"]: job for job in self.running}}
        known = {
            "jobs": list(reversed(jobs.values())),
            "jobs?status=running": self.running,
            "stages?status=active": self.stages,
            "executors": self.executors,
            "allexecutors": [*self.executors, *self.gone],
            "environment": {"sparkProperties": list(self.settings.items())},
        }
        if rest in known:
            return 200, known[rest]
        kind, _, number = rest.partition("/")
        if kind == "jobs":
            return (200, jobs[int(number)]) if int(number) in jobs else (404, f"unknown job: {number}")
        if kind == "sql":
            return 200, {"description": "count at NativeMethodAccessorImpl.java:0"}
        working = recorded("spark-working")
        of_tasks = [answer for name, answer in working.items() if name.partition("?")[0].endswith(rest.partition("?")[0])]
        return 200, of_tasks[0] if of_tasks else {**working["APP/stages?status=active"][0], "status": "COMPLETE"}

    def finish(self, status: str = "SUCCEEDED") -> None:
        """The running job ends."""
        job = self.running.pop()
        self.ended[job["jobId"]] = {**job, "status": status, "completionTime": "2026-11-21T14:28:35.268GMT"}
        self.stages = []


class Answer:
    """As aiohttp gives one."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self._body, self.content = status, body, self

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        pass

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._body


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def api(driver: Driver) -> SparkApi:
    return SparkApi(cast("UiClient", driver))


async def test_a_full_reading(api: SparkApi) -> None:
    reading = await api.read(stages=True, executors=True)
    assert reading.has_running
    assert [(job.id, job.state) for job in reading.jobs[:3]] == [(6, "running"), (4, "succeeded"), (3, "succeeded")]
    assert reading.jobs[1].description == "count"
    assert reading.stages is not None
    assert reading.executors is not None
    assert ([stage.key for stage in reading.stages], len(reading.executors), reading.wanted) == (["10.0"], 2, 3)
    assert reading.application.cores_total == 2


async def test_a_brief_reading_asks_for_jobs_alone(api: SparkApi, driver: Driver) -> None:
    for _ in range(2):  # one job between the others is forgotten
        await api.read(stages=False, executors=False)
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert {path.split("/")[5].split("?")[0] for path in driver.asked} == {"jobs"}
    assert len(driver.asked) <= 2
    assert (reading.executors, reading.stages) == (None, None)


async def test_a_job_that_ends_is_told_with_its_end(api: SparkApi, driver: Driver) -> None:
    await api.read(stages=True, executors=False)
    driver.finish("FAILED")
    reading = await api.read(stages=True, executors=False)
    assert (reading.jobs[0].id, reading.jobs[0].state) == (6, "failed")
    assert reading.jobs[0].ended_at is not None
    assert reading.stages is not None
    assert [stage.state for stage in reading.stages] == ["complete"]


async def test_jobs_that_came_and_went_between_two_readings_are_found(api: SparkApi, driver: Driver) -> None:
    await api.read(stages=False, executors=False)
    driver.finish()
    for number in range(7, 40):
        driver.ended[number] = {**driver.ended[6], "jobId": number}
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert [job.id for job in reading.jobs] == [39, 38, 37, 36, 35]
    assert len(driver.asked) < 25


async def test_a_job_that_began_in_the_middle_of_a_reading_is_asked_again(api: SparkApi, driver: Driver) -> None:
    job = driver.running.pop()
    driver.ended[6] = job  # not in the list yet, but there
    assert (await api.read(stages=False, executors=False)).jobs[0].state == "running"
    driver.ended[6] = {**job, "status": "SUCCEEDED"}
    assert (await api.read(stages=False, executors=False)).jobs[0].state == "succeeded"


async def test_jobs_that_spark_has_forgotten_are_left_out(api: SparkApi, driver: Driver) -> None:
    driver.ended = {}
    reading = await api.read(stages=True, executors=True)
    assert [job.id for job in reading.jobs] == [6]


async def test_another_application_takes_the_place(api: SparkApi, driver: Driver) -> None:
    await api.read(stages=True, executors=True)
    driver.app = {**driver.app, "id": "app-2"}
    driver.finish()
    driver.ended = {}
    reading = await api.read(stages=True, executors=True)
    assert (reading.application.id, reading.jobs, reading.stages) == ("app-2", (), ())


async def test_executors_that_have_ended_are_asked_for_when_one_is_missing(api: SparkApi, driver: Driver) -> None:
    await api.read(stages=True, executors=True)
    driver.asked.clear()
    await api.read(stages=True, executors=True)
    assert not any("allexecutors" in path for path in driver.asked)
    lost = driver.executors.pop()
    driver.gone.append({**lost, "isActive": False, "removeReason": "Executor heartbeat timed out after 1 ms"})
    reading = await api.read(stages=True, executors=True)
    assert reading.executors is not None
    assert sorted(each.state for each in reading.executors) == ["lost", "running"]
    driver.asked.clear()
    await api.read(stages=True, executors=True)
    assert not any("allexecutors" in path for path in driver.asked)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, None),
        ({"spark.master": "local-cluster[2,1,1024]"}, 2),
        ({"spark.executor.instances": "7"}, 7),
        ({"spark.executor.instances": "many"}, None),
    ],
)
async def test_how_many_executors_are_wanted(api: SparkApi, driver: Driver, settings: Any, wanted: int | None) -> None:
    driver.settings = settings
    assert (await api.read(stages=True, executors=True)).wanted == wanted


ODD = [b"", b"<html>", b"{}", b"[]", b"null", b"3", b'[{"id": "x"}]', b'[{"id": "x", "attempts": []}]']
HUGE = [b"[" * 100_000, b" " * (33 << 20)]


@pytest.mark.parametrize("body", [*ODD, *HUGE], ids=lambda body: body[:40].decode().strip())
async def test_what_is_no_spark_is_told(api: SparkApi, driver: Driver, body: bytes) -> None:
    driver.instead = body
    with pytest.raises(SparkUnreachable):
        await api.read(stages=True, executors=True)
    driver.instead = None
    assert (await api.read(stages=True, executors=True)).has_running
