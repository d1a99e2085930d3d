"""What is asked of a driver's REST API, and what is made of it when things change between two questions. The answers are a real
Spark's, recorded, and changed as Spark changes them; the ones that are no Spark's are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from jupyter_sparkk8s.errors import SparkUnreachable
from jupyter_sparkk8s.spark.rest import SparkApi
from tests.pure.spark_ui import SparkUi

if TYPE_CHECKING:
    from jupyter_sparkk8s.spark.ui_client import UiClient


@pytest.fixture
def driver() -> SparkUi:
    return SparkUi()


@pytest.fixture
def api(driver: SparkUi) -> SparkApi:
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


async def test_a_brief_reading_asks_for_jobs_alone(api: SparkApi, driver: SparkUi) -> None:
    for _ in range(2):  # one job between the others is forgotten
        await api.read(stages=False, executors=False)
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert {path.split("/")[5].split("?")[0] for path in driver.asked} == {"jobs"}
    assert len(driver.asked) <= 2
    assert (reading.executors, reading.stages) == (None, None)


async def test_a_job_that_ends_is_told_with_its_end(api: SparkApi, driver: SparkUi) -> None:
    await api.read(stages=True, executors=False)
    driver.finish("FAILED")
    reading = await api.read(stages=True, executors=False)
    assert (reading.jobs[0].id, reading.jobs[0].state) == (6, "failed")
    assert reading.jobs[0].ended_at is not None
    assert reading.stages is not None
    assert [stage.state for stage in reading.stages] == ["complete"]


async def test_why_a_job_has_failed_is_asked_once_and_of_a_kernel_that_nobody_sees_too(api: SparkApi, driver: SparkUi) -> None:
    await api.read(stages=False, executors=False)
    driver.finish("FAILED")
    driver.ended[6].update(stageIds=[9, 10, 11], numFailedStages=2)
    fetch = {"status": "FAILED", "completionTime": "2026-11-21T14:28:30.000GMT", "failureReason": "FetchFailed"}
    cancelled = {"status": "FAILED", "completionTime": "2026-11-21T14:28:35.000GMT", "failureReason": "Job 6 cancelled "}
    driver.attempts = {9: [cancelled], 10: [fetch, {"status": "COMPLETE"}], 11: [{"status": "SKIPPED"}]}
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert (reading.jobs[0].id, reading.jobs[0].failure) == (6, "Job 6 cancelled")
    assert len([path for path in driver.asked if "/stages/" in path]) == 3
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert reading.jobs[0].failure == "Job 6 cancelled"
    assert not any("/stages" in path for path in driver.asked)


async def test_a_job_without_a_stage_that_failed_has_no_reason_and_costs_no_question(api: SparkApi, driver: SparkUi) -> None:
    await api.read(stages=False, executors=False)
    driver.finish("FAILED")
    driver.ended[6].update(stageIds=list(range(1000)), numFailedStages=0)
    driver.asked.clear()
    assert (await api.read(stages=False, executors=False)).jobs[0].failure is None
    assert not any("/stages" in path for path in driver.asked)


async def test_jobs_that_came_and_went_between_two_readings_are_found(api: SparkApi, driver: SparkUi) -> None:
    await api.read(stages=False, executors=False)
    driver.finish()
    for number in range(7, 40):
        driver.ended[number] = {**driver.ended[6], "jobId": number}
    driver.asked.clear()
    reading = await api.read(stages=False, executors=False)
    assert [job.id for job in reading.jobs] == [39, 38, 37, 36, 35]
    assert len(driver.asked) < 25


async def test_a_job_that_began_in_the_middle_of_a_reading_is_asked_again(api: SparkApi, driver: SparkUi) -> None:
    job = driver.running.pop()
    driver.ended[6] = job  # not in the list yet, but there
    assert (await api.read(stages=False, executors=False)).jobs[0].state == "running"
    driver.ended[6] = {**job, "status": "SUCCEEDED"}
    assert (await api.read(stages=False, executors=False)).jobs[0].state == "succeeded"


async def test_jobs_that_spark_has_forgotten_are_left_out(api: SparkApi, driver: SparkUi) -> None:
    driver.ended = {}
    reading = await api.read(stages=True, executors=True)
    assert [job.id for job in reading.jobs] == [6]


async def test_another_application_takes_the_place(api: SparkApi, driver: SparkUi) -> None:
    await api.read(stages=True, executors=True)
    driver.app = {**driver.app, "id": "app-2"}
    driver.finish()
    driver.ended = {}
    reading = await api.read(stages=True, executors=True)
    assert (reading.application.id, reading.jobs, reading.stages) == ("app-2", (), ())


async def test_executors_that_have_ended_are_asked_for_when_one_is_missing(api: SparkApi, driver: SparkUi) -> None:
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
async def test_how_many_executors_are_wanted(api: SparkApi, driver: SparkUi, settings: Any, wanted: int | None) -> None:
    driver.settings = settings
    assert (await api.read(stages=True, executors=True)).wanted == wanted


ODD = [b"", b"<html>", b"{}", b"[]", b"null", b"3", b'[{"id": "x"}]', b'[{"id": "x", "attempts": []}]']
HUGE = [b"[" * 100_000, b" " * (33 << 20)]


@pytest.mark.parametrize("body", [*ODD, *HUGE], ids=lambda body: body[:40].decode().strip())
async def test_what_is_no_spark_is_told(api: SparkApi, driver: SparkUi, body: bytes) -> None:
    driver.instead = body
    with pytest.raises(SparkUnreachable):
        await api.read(stages=True, executors=True)
    driver.instead = None
    assert (await api.read(stages=True, executors=True)).has_running
