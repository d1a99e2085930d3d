"""Spark's REST answers put into our models; pure. Times there are in milliseconds or GMT texts, here in seconds since 1970.
Source: https://spark.apache.org/docs/latest/monitoring.html#rest-api
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..models.application import Application, Job, Stage, Straggler, Work
from ..models.executor import Executor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..models.driver import JsonObject

CELL_TAG = "sparkk8s-cell-"
_EXECUTION = re.compile(r"execution-root-id-(\d+)$")
_CRASHED = "Python worker exited unexpectedly"
# Where a call came from, when that is a cell or pyspark's own bridge, tells its user nothing.
_NOWHERE = re.compile(r" at (/\S*ipykernel_\S*|NativeMethodAccessorImpl\.java:\d+|<unknown>:\d+|\S*\.java:\d+)$")
_SPARKS_OWN = re.compile(r"^\$anonfun\$")
_LONGEST = 500  # characters of a text that is passed on
# What Spark says of executors that have ended, the state that it means, and our word for it.
_ENDS = (
    (re.compile(r"killed by driver|decommission", re.IGNORECASE), "ended", ""),
    (re.compile(r"heartbeat timed out", re.IGNORECASE), "lost", "It did not answer any more."),
    (re.compile(r"deleted by a user or the framework|not found in the cluster"), "lost", "Its pod was deleted."),
    (re.compile(r"\b52\b|JVM OOM|OutOfMemoryError"), "failed", "Its JVM had no memory left."),
    (re.compile(r"\b137\b"), "failed", "It was killed, most likely for want of memory."),
)
_STATES = {"RUNNING": "running", "SUCCEEDED": "succeeded", "FAILED": "failed"}


def application(
    answer: Sequence[JsonObject], version: str, busy: Sequence[Executor], settings: Mapping[str, str] | None = None
) -> Application | None:
    """The application of ``/applications``, with the sums over its running executors; None where there is none."""
    if not answer:
        return None
    app, attempt = answer[0], answer[0]["attempts"][0]
    running = [each for each in busy if each.state in ("running", "excluded")]
    return Application(
        id=str(app["id"]),
        name=str(app["name"]),
        spark_version=str(version),
        started_at=attempt["startTimeEpoch"] / 1000,
        cores_total=sum(each.cores or 0 for each in running),
        cores_busy=sum(each.tasks_active or 0 for each in running),
        memory_used=sum(each.memory_used or 0 for each in running),
        memory_total=sum(each.memory_total or 0 for each in running),
        active_tasks=sum(each.tasks_active or 0 for each in running),
        task_cpus=_task_cpus(settings or {}),
    )


def _task_cpus(settings: Mapping[str, str]) -> int | None:
    cpus = settings.get("spark.task.cpus", "")
    return int(cpus) if cpus.isdecimal() and int(cpus) > 1 else None


def heap_of(settings: Mapping[str, str]) -> int | None:
    """Bytes of an executor's heap, by the application's settings."""
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", settings.get("spark.executor.memory", "1g").strip().lower())
    return int(match[1]) << {"k": 10, "m": 20, "": 20, "g": 30, "t": 40}[match[2]] if match else None


def executors(answer: Sequence[JsonObject], heap: int | None = None) -> list[Executor]:
    """The executors of ``/executors`` or ``/allexecutors``, which have so much ``heap``; the driver is none of them."""
    return [_executor(each, heap) for each in answer if each["id"] != "driver"]


def _executor(item: JsonObject, heap: int | None) -> Executor:
    peak = item.get("peakMemoryMetrics") or {}
    said = str(item.get("removeReason") or "").strip()
    if not item["isActive"]:
        state, reason = _end(said)
    elif item.get("isExcluded"):
        state, reason = "excluded", "Spark gives it no tasks after failures on it."
    else:
        state, reason = "running", ""
    # Blocks take a part of the heap, so each is compared with its own total.
    most = int(peak.get("JVMHeapMemory", 0)) if heap else 0
    return Executor(
        id=str(item["id"]),
        state=state,
        reason=reason or None,
        said=said[:_LONGEST] or None,
        node=item["hostPort"].rpartition(":")[0] or None,
        started_at=_seconds(item.get("addTime")),
        ended_at=_seconds(item.get("removeTime")),
        cores=int(item["maxTasks"]),  # Spark's own count of its slots: a task may take several cores
        # Spark hands out a slot before it has counted the task that has ended there.
        tasks_active=min(int(item["activeTasks"]), int(item["maxTasks"])),
        tasks_done=int(item["completedTasks"]),
        tasks_failed=int(item["failedTasks"]),
        memory_used=most or int(item["memoryUsed"]),
        memory_total=heap if most else int(item["maxMemory"]),
        gc_share=round(item["totalGCTime"] / item["totalDuration"], 3) if item["totalDuration"] else 0.0,
        shuffle_read=int(item["totalShuffleRead"]),
        shuffle_write=int(item["totalShuffleWrite"]),
    )


def _end(said: str) -> tuple[str, str]:
    """State and reason of an executor that has ended."""
    return next(((state, reason) for pattern, state, reason in _ENDS if pattern.search(said)), ("failed", ""))


def job(item: JsonObject, words: Mapping[int, str], stages: Sequence[Stage], failure: str = "") -> Job:
    """One of ``/jobs``. ``words`` describes SQL executions by their ids, ``stages`` are the active ones, ``failure`` is why."""
    tasks = Work(
        total=int(item["numTasks"]),
        done=int(item["numCompletedTasks"]) + int(item["numSkippedTasks"]),
        running=int(item["numActiveTasks"]),
        failed=int(item["numFailedTasks"]),
    )
    state = _STATES.get(item["status"], "unknown")
    said = item.get("description") or _words_of(execution_of(item), words) or item["name"]
    own = [stage for stage in stages if stage.id in item["stageIds"]]
    return Job(
        id=int(item["jobId"]),
        state=state,
        description=_clean(said),
        tasks=tasks,
        stages=tuple(map(int, item["stageIds"])),
        cell=cell_of(item.get("jobTags") or ()),
        group=str(item["jobGroup"])[:_LONGEST] if item.get("jobGroup") else None,
        submitted_at=_seconds(item.get("submissionTime")),
        ended_at=_seconds(item.get("completionTime")),
        rest_s=_rest_of_job(tasks, own) if state == "running" else None,
        failure=failure or None,
    )


def cell_of(tags: Sequence[str]) -> int | None:
    """The number of the cell that a job is of, by the tag that the notebook gives it."""
    numbers = [tag[len(CELL_TAG) :] for tag in tags if tag.startswith(CELL_TAG)]
    return max((int(number) for number in numbers if number.isdecimal() and int(number)), default=None)


def execution_of(item: JsonObject) -> int | None:
    """The SQL execution that a job is part of."""
    return next((int(match[1]) for tag in item.get("jobTags") or () if (match := _EXECUTION.search(tag))), None)


def _words_of(execution: int | None, words: Mapping[int, str]) -> str:
    return words.get(execution, "") if execution is not None else ""


def _clean(text: str) -> str:
    text = _NOWHERE.sub("", text.strip().split("\n")[0])
    return "Spark SQL" if _SPARKS_OWN.match(text) else text[:_LONGEST]


def stage(item: JsonObject, jobs: Sequence[JsonObject], words: Mapping[int, str], now: float) -> Stage:
    """One of ``/stages``. ``jobs`` are those that are running, of which it may be part."""
    tasks = Work(
        total=int(item["numTasks"]),
        done=int(item["numCompleteTasks"]),
        running=int(item["numActiveTasks"]),
        failed=int(item["numFailedTasks"]),
    )
    owner = next((each for each in jobs if item["stageId"] in each["stageIds"]), None)
    execution = execution_of(owner) if owner is not None else None
    state = str(item["status"]).lower()
    first = _seconds(item.get("firstTaskLaunchedTime"))
    failure = str(item.get("failureReason") or "").strip()
    return Stage(
        id=int(item["stageId"]),
        attempt=int(item["attemptId"]),
        state=state if state in ("active", "complete", "failed", "pending", "skipped") else "pending",
        description=_clean(item.get("description") or _words_of(execution, words) or item["name"]),
        tasks=tasks,
        job=int(owner["jobId"]) if owner is not None else None,
        cell=cell_of(owner.get("jobTags") or ()) if owner is not None else None,
        submitted_at=_seconds(item.get("submissionTime")),
        ended_at=_seconds(item.get("completionTime")),
        rest_s=_rest(tasks, now - first) if state == "active" and first is not None else None,
        input=int(item["inputBytes"]),
        output=int(item["outputBytes"]),
        shuffle_read=int(item["shuffleReadBytes"]),
        shuffle_write=int(item["shuffleWriteBytes"]),
        spilled=int(item["diskBytesSpilled"]),
        failure=_last_words(failure) if failure else None,
    )


def failure_of(stages: Sequence[JsonObject]) -> str:
    """What the last of some attempts of stages that failed says of that; empty where none has failed."""
    failed = sorted((each for each in stages if each.get("failureReason")), key=lambda each: each.get("completionTime") or "")
    return _last_words(failed[-1]["failureReason"].strip()) if failed else ""


def _last_words(failure: str) -> str:
    """Of a Python error the last line of its traceback, else the first line. Spark's own words for a Python that was killed
    say neither why nor what helps.
    """
    if _CRASHED in failure:
        words = (
            "Python was killed in an executor, most likely for want of memory. More partitions help, or more of it for Python"
        )
        return f"{words} (spark.executor.memoryOverhead)."
    lines = [line.strip() for line in failure.split("\n") if line.strip() and not line.strip().startswith("SQLSTATE")]
    if any(line.startswith("Traceback (most recent") or "Traceback (most recent" in line for line in lines):
        named = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Interrupt|Exit|Warning)\b", line)]
        return (named or lines)[-1][:_LONGEST]
    return lines[0][:_LONGEST] if lines else ""


def _rest(tasks: Work, elapsed_s: float) -> float | None:
    """Seconds until a stage's end, where its past tells them: after a first wave of tasks and a twentieth of them all, since
    the first ones wait for Python to start, and before the last wave, in which the slowest task decides.
    """
    waiting = tasks.total - tasks.done - tasks.running
    if waiting <= 0 or elapsed_s < 5 or tasks.done < max(3, tasks.running, min(50, tasks.total / 20)):
        return None
    worked = tasks.done + tasks.running / 2  # running tasks are half done on the average
    return round(elapsed_s * (tasks.total - worked) / worked, 1)


def _rest_of_job(tasks: Work, active: Sequence[Stage]) -> float | None:
    """Only where all that is left is in stages of which each tells its own rest."""
    left = sum(each.tasks.total - each.tasks.done for each in active)
    rests = [each.rest_s for each in active]
    if not active or tasks.total - tasks.done > left:
        return None
    known = [rest for rest in rests if rest is not None]
    return max(known) if len(known) == len(rests) else None


def straggler(of: Stage, summary: JsonObject, tasks: Sequence[JsonObject]) -> Straggler | None:
    """The slowest running task of a stage, from its ``taskSummary`` and ``taskList``."""
    slowest = max(tasks, key=lambda task: task.get("duration", 0), default=None)
    median = (summary.get("duration") or [0.0])[0]
    if slowest is None or not median:
        return None
    return Straggler(of, slowest["executorId"], slowest.get("duration", 0) / 1000, median / 1000)


def _seconds(text: str | None) -> float | None:
    """Seconds since 1970 of one of Spark's times ("2026-11-21T14:27:35.451GMT")."""
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fGMT").replace(tzinfo=timezone.utc).timestamp()
