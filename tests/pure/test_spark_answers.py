"""What a real Spark 4.3 has answered (`python -m tests.local.record_spark`), read into our models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_sparkk8s.models.application import Stage, Straggler, Work
from jupyter_sparkk8s.spark import answers
from tests.pure.spark_ui import recorded


def _stage(**changes: Any) -> dict[str, Any]:
    item: dict[str, Any] = recorded("spark-working")["APP/stages?status=active"][0]
    return {**item, **changes}


def test_executors_and_the_application() -> None:
    idle = recorded("spark-idle")
    executors = answers.executors(idle["APP/executors"], answers.heap_of({"spark.executor.memory": "1900m"}))
    assert len(executors) == 2
    assert {each.state for each in executors} == {"running"}
    first = executors[0]
    assert (first.node, first.cores, first.tasks_active) == ("localhost", 1, 0)
    assert first.memory_used is not None
    assert first.memory_total is not None
    assert first.memory_used < first.memory_total
    assert first.gc_share is not None
    assert 0 < first.gc_share < 1
    app = answers.application(idle["applications"], idle["version"]["spark"], executors)
    assert app is not None
    assert (app.spark_version, app.cores_total, app.cores_busy) == ("4.3.0", 2, 0)
    assert app.started_at == idle["applications"][0]["attempts"][0]["startTimeEpoch"] / 1000
    assert answers.application([], "4.3.0", ()) is None


def test_slots_are_spark_s_own_count_of_them() -> None:
    """With ``spark.task.cpus`` = 2 an executor of three cores runs one task at a time."""
    item = {**recorded("spark-working")["APP/executors"][1], "totalCores": 3, "maxTasks": 1, "activeTasks": 2}
    found = answers.executors([item])
    assert [(each.cores, each.tasks_active) for each in found] == [(1, 1)]
    answer = recorded("spark-working")["applications"]
    app = answers.application(answer, "4.3.0", found, {"spark.task.cpus": "2"})
    assert app is not None
    assert (app.cores_total, app.cores_busy, app.active_tasks, app.task_cpus) == (1, 1, 1, 2)
    for settings in ({"spark.task.cpus": "1"}, {}):
        app = answers.application(answer, "4.3.0", found, settings)
        assert app is not None
        assert app.task_cpus is None


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("Executor killed by driver.", "ended", None),
        ("Executor decommission: finished", "ended", None),
        ("Executor heartbeat timed out after 130000 ms", "lost", "It did not answer any more."),
        ("The executor with id 3 was deleted by a user or the framework.", "lost", "Its pod was deleted."),
        ("The executor with id 1 exited with exit code 52(JVM OOM).", "failed", "Its JVM had no memory left."),
        ("Command exited with code 137", "failed", "It was killed, most likely for want of memory."),
        ("Container from a bad node. Exit status: 1", "failed", None),
        ("", "failed", None),
    ],
)
def test_why_an_executor_has_ended(said: str, state: str, reason: str | None) -> None:
    item = {**recorded("spark-idle")["APP/executors"][1], "isActive": False, "removeReason": said}
    (executor,) = answers.executors([item])
    assert (executor.state, executor.reason, executor.said) == (state, reason, said or None)


def test_an_excluded_executor_says_so() -> None:
    (executor,) = answers.executors([{**recorded("spark-idle")["APP/executors"][1], "isExcluded": True}])
    assert executor.state == "excluded"
    assert executor.reason


def test_a_running_job() -> None:
    item = recorded("spark-working")["APP/jobs?status=running"][0]
    job = answers.job(item, {}, ())
    assert (job.state, job.description, job.tasks) == ("running", "One slow part", Work(8, 7, 1, 0))
    assert job.ended_at is None
    tags = ["mine", "sparkk8s-cell-7", "sparkk8s-cell-x", "sparkk8s-cell-0", "spark-session-1-execution-root-id-4"]
    tagged = {**item, "jobTags": tags, "jobGroup": "fields", "description": None}
    job = answers.job(tagged, {4: "parquet at NativeMethodAccessorImpl.java:0"}, ())
    assert (job.cell, job.group, job.description) == (7, "fields", "parquet")
    first = {**item, "jobTags": ["spark-session-1-execution-root-id-0"], "description": None}
    assert answers.job(first, {0: "the first query"}, ()).description == "the first query"


def test_the_names_of_jobs_are_for_people() -> None:
    item = recorded("spark-idle")["APP/jobs"][0]
    assert item["name"].startswith("$anonfun$")
    assert answers.job(item, {}, ()).description == "Spark SQL"
    failed = recorded("spark-failed-job")["APP/jobs/5"]
    job = answers.job(failed, {}, ())
    assert (job.state, job.description, job.tasks.failed) == ("failed", "count", 4)
    assert job.ended_at is not None


def test_a_failed_stage_tells_the_last_words_of_its_traceback() -> None:
    (item,) = recorded("spark-failed-job")["APP/stages/9?details=false"]
    stage = answers.stage(item, [], {}, 0)
    assert (stage.state, stage.failure) == ("failed", "ZeroDivisionError: integer division or modulo by zero")
    killed = "Lost task 0.3 in stage 0.0 (TID 3): SparkException: Python worker exited unexpectedly (crashed). Consider setting"
    assert "want of memory" in str(answers.stage({**item, "failureReason": killed}, [], {}, 0).failure)


def test_a_stage_belongs_to_its_job() -> None:
    job = {**recorded("spark-working")["APP/jobs?status=running"][0], "jobTags": ["sparkk8s-cell-3"]}
    stage = answers.stage(_stage(), [job], {}, 0)
    assert (stage.key, stage.job, stage.cell, stage.tasks.running) == ("10.0", 6, 3, 1)


@pytest.mark.parametrize(
    ("done", "running", "elapsed_s", "rest_s"),
    [
        (0, 4, 60, None),  # nothing is known yet
        (3, 4, 60, None),  # the first wave is not over
        (4, 2, 60, None),  # too few of a hundred
        (46, 8, 50, 50.0),  # half of the work
        (46, 8, 2, None),  # too soon
        (95, 5, 60, None),  # the last wave: its slowest task decides
    ],
)
def test_the_rest_is_told_only_while_it_is_honest(done: int, running: int, elapsed_s: float, rest_s: float | None) -> None:
    begun = answers.stage(_stage(), [], {}, 0).submitted_at
    assert begun is not None
    item = _stage(numTasks=100, numCompleteTasks=done, numActiveTasks=running, firstTaskLaunchedTime=_stage()["submissionTime"])
    assert answers.stage(item, [], {}, begun + elapsed_s).rest_s == rest_s


def test_a_job_with_stages_to_come_tells_no_rest() -> None:
    item = {**recorded("spark-working")["APP/jobs?status=running"][0], "numTasks": 100, "numCompletedTasks": 46}
    active = Stage(10, 0, "active", "x", Work(100, 46, 8, 0), rest_s=12.0)
    assert answers.job(item, {}, [active]).rest_s == 12.0
    assert answers.job({**item, "numTasks": 200}, {}, [active]).rest_s is None
    assert answers.job(item, {}, [replace(active, rest_s=None)]).rest_s is None


def test_the_slowest_task_beside_the_others() -> None:
    working = recorded("spark-working")
    (summary,) = (answer for path, answer in working.items() if "taskSummary" in path)
    (tasks,) = (answer for path, answer in working.items() if "taskList" in path)
    stage = answers.stage(_stage(), [], {}, 0)
    found = answers.straggler(stage, summary, tasks)
    assert found == Straggler(stage, tasks[0]["executorId"], tasks[0]["duration"] / 1000, summary["duration"][0] / 1000)
    assert answers.straggler(stage, summary, []) is None


@pytest.mark.parametrize(("text", "size"), [("742m", 742 << 20), ("1G", 1 << 30), ("2048", 2 << 30), ("614400k", 600 << 20)])
def test_the_heap_of_executors(text: str, size: int) -> None:
    assert answers.heap_of({"spark.executor.memory": text}) == size
    assert answers.heap_of({}) == 1 << 30
    assert answers.heap_of({"spark.executor.memory": "much"}) is None


def test_what_is_used_is_compared_with_its_own_total() -> None:
    item = {
        **recorded("spark-idle")["APP/executors"][1],
        "maxMemory": 100,
        "memoryUsed": 7,
        "peakMemoryMetrics": {"JVMHeapMemory": 400},
    }
    (by_heap,) = answers.executors([item], 500)
    (by_blocks,) = answers.executors([{**item, "peakMemoryMetrics": {}}], 500)
    assert (by_heap.memory_used, by_heap.memory_total) == (400, 500)
    assert (by_blocks.memory_used, by_blocks.memory_total) == (7, 100)
