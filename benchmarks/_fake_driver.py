"""A driver's REST API without a driver, for ``monitor``: the answers of a real Spark, for as many executors as are asked for.
Runs in the driver's pod, where the server looks for Spark's UI; the standard library only, and nothing of this package.

Arguments: the recorded answers, and a file that says ``{"executors", "mode", "since", "per_s"}``. In mode ``idle`` nothing
runs; in ``steady`` one job does, and all executors' figures go on with each second; in ``changing`` executors are replaced
besides, ``per_s`` each second from ``since`` on, the oldest first.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

APP = "spark-benchmark-"
KEPT = 100  # executors that have ended: spark.ui.retainedDeadExecutors
TASKS = 1_000_000


def replaced(asked: dict[str, Any]) -> int:
    """How many executors have been replaced until now."""
    return int((time.time() - asked["since"]) * asked["per_s"]) if asked["mode"] == "changing" else 0


def moment(seconds: float) -> str:
    """As Spark writes it."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "GMT"


class Spark:
    """Answers of one moment."""

    def __init__(self, recorded: dict[str, Any], asked: dict[str, Any]) -> None:
        self._recorded, self._asked = recorded, asked
        self._runs = asked["mode"] != "idle"
        self._age = int(time.time() - asked["since"])
        self.app = APP + str(asked["executors"])

    def answer(self, path: str) -> Any:
        """What is answered to a path below ``/api/v1``; None for what is not there."""
        if path == "version":
            return self._recorded["version"]
        if path == "applications":
            return [{**self._recorded["applications"][0], "id": self.app}]
        rest = path[len(f"applications/{self.app}/") :] if path.startswith(f"applications/{self.app}/") else ""
        first = replaced(self._asked)
        here = range(first + 1, first + self._asked["executors"] + 1)
        running = [self._job()] if self._runs else []
        answers = {
            "jobs": lambda: running,
            "jobs?status=running": lambda: running,
            "stages?status=active": lambda: [self._stage()] if self._runs else [],
            "executors": lambda: [self._executor(number) for number in here],
            "allexecutors": lambda: [
                *(self._executor(number) for number in here),
                *(self._ended(number) for number in range(max(1, first + 1 - KEPT), first + 1)),
            ],
            "environment": lambda: {"sparkProperties": [["spark.executor.instances", str(self._asked["executors"])]]},
        }
        return answers[rest]() if rest in answers else None

    def _done(self) -> int:
        return int(self._age * self._asked["executors"] % TASKS)

    def _job(self) -> dict[str, Any]:
        job = self._recorded["APP/jobs?status=running"][0]
        tasks = {"numTasks": TASKS, "numActiveTasks": self._asked["executors"], "numCompletedTasks": self._done()}
        return {**job, **tasks, "jobId": 0, "stageIds": [0], "submissionTime": moment(self._asked["since"])}

    def _stage(self) -> dict[str, Any]:
        stage = self._recorded["APP/stages?status=active"][0]
        tasks = {"numTasks": TASKS, "numActiveTasks": self._asked["executors"], "numCompleteTasks": self._done()}
        begun = moment(self._asked["since"])
        return {**stage, **tasks, "stageId": 0, "submissionTime": begun, "firstTaskLaunchedTime": begun}

    def _executor(self, number: int) -> dict[str, Any]:
        item = next(each for each in self._recorded["APP/executors"] if each["id"] != "driver")
        worked = self._age + number % 7 if self._runs else 0
        return {
            **item,
            "id": str(number),
            "hostPort": f"10.0.{number // 250}.{number % 250}:40000",
            "addTime": moment(self._asked["since"]),
            "activeTasks": int(self._runs),
            "completedTasks": worked,
            "totalTasks": worked + 1,
            "totalDuration": 1000 * worked + 1,
            "totalGCTime": (30 + number % 20) * worked,
            "totalShuffleRead": 70_000 * worked,
            "totalShuffleWrite": 50_000 * worked,
            "peakMemoryMetrics": {**item["peakMemoryMetrics"], "JVMHeapMemory": 300_000_000 + 1000 * number + 90_000 * worked},
        }

    def _ended(self, number: int) -> dict[str, Any]:
        ended = {"isActive": False, "removeTime": moment(time.time()), "removeReason": "Executor killed by driver."}
        return {**self._executor(number), **ended}


class Handler(BaseHTTPRequestHandler):
    """GET."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path[len("/api/v1/") :] + (f"?{parts.query}" if parts.query else "")
        spark = Spark(RECORDED, json.loads(Path(sys.argv[2]).read_text()))
        found = spark.answer(path)
        kind = path.split("/")[2].partition("?")[0] if path.count("/") > 1 else "app"
        body = f"unknown {kind}".encode() if found is None else json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    RECORDED = json.loads(Path(sys.argv[1]).read_text())
    ThreadingHTTPServer(("127.0.0.1", 4040), Handler).serve_forever()
