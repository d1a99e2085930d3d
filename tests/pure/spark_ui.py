"""Answers as a driver's UI gives them: recorded of a real Spark, and changed as Spark changes them."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_sparkk8s.errors import SparkUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RECORDED = Path(__file__).with_name("recorded_monitor")


def recorded(name: str) -> dict[str, Any]:
    """The answers of a driver's UI by their paths, as tests/local/record_spark.py has asked for them."""
    answers: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return answers


class SparkUi:
    """Answers in the place of a driver's UI; keeps what it was asked. ``ended`` jobs and ``attempts`` of stages are by id."""

    def __init__(self) -> None:
        working, idle = recorded("spark-working"), recorded("spark-idle")
        self.app: dict[str, Any] = working["applications"][0]
        self.running: list[dict[str, Any]] = deepcopy(working["APP/jobs?status=running"])
        self.stages: list[dict[str, Any]] = deepcopy(working["APP/stages?status=active"])
        self.executors: list[dict[str, Any]] = deepcopy(idle["APP/executors"])
        self.gone: list[dict[str, Any]] = []
        self.ended = {job["jobId"]: job for job in deepcopy(idle["APP/jobs"])}
        self.attempts: dict[int, list[dict[str, Any]]] = {}
        self.settings = {"spark.executor.instances": "3"}
        self.asked: list[str] = []
        self.instead: bytes | None = None
        self.trouble, self.is_away = "", False

    async def request(self, _method: str, path: str, timeout_s: float) -> Answer:
        assert timeout_s > 0
        self.asked.append(path)
        if self.trouble:
            raise SparkUnreachable(self.trouble)
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
        if kind == "stages" and (stage := number.partition("?")[0]).isdecimal():
            return (200, self.attempts[int(stage)]) if int(stage) in self.attempts else (404, f"unknown stage: {stage}")
        if kind == "sql":
            return 200, {"description": "count at NativeMethodAccessorImpl.java:0"}
        working = recorded("spark-working")
        of_tasks = [answer for name, answer in working.items() if name.partition("?")[0].endswith(rest.partition("?")[0])]
        return 200, of_tasks[0] if of_tasks else {**working["APP/stages?status=active"][0], "status": "COMPLETE"}

    async def close(self) -> None:
        """As a client of the UI."""

    def finish(self, status: str = "SUCCEEDED") -> None:
        """The running job ends."""
        job = self.running.pop()
        self.ended[job["jobId"]] = {**job, "status": status, "completionTime": "2026-11-21T14:28:35.268GMT"}
        self.stages = []


class Answer:
    """As a UiAnswer."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self._body = status, body

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        pass

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._body
