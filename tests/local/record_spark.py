"""Records what a real Spark says on its REST API, scene by scene, for the pure tests of the monitor:
`python -m tests.local.record_spark`. Each file holds answers by path below `/api/v1/`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

RECORDED = Path(__file__).parents[1] / "pure" / "recorded_monitor"
IDLE = "spark.range(10).count(); print(sc.uiWebUrl)"
FAILS = "sc.parallelize(range(8), 4).map(lambda x: 1 // (x - 3)).count()"
SHUFFLES = "print(spark.range(200_000).selectExpr('id % 1000 k').groupBy('k').count().count())"
# One task of eight sleeps: the others are done soon.
SLOW = """
import time
def work(part):
    for x in part:
        time.sleep(30 if x == 0 else 0.05)
        yield x
sc.setJobDescription('One slow part')
sc.parallelize(range(8), 8).mapPartitions(work).count()
"""


class Recorder:
    """Asks the driver's UI directly."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/api/v1/"
        self.app = f"applications/{self.ask('applications')[0]['id']}"

    def ask(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return {"status": error.code, "text": error.read().decode()}

    def keep(self, scene: str, *paths: str) -> None:
        """Write the answers of this moment."""
        answers = {path: self.ask(path.replace("APP", self.app)) for path in ("version", "applications", *paths)}
        text = json.dumps(answers, indent=1).replace(sys.prefix, "/venv")
        (RECORDED / f"spark-{scene}.json").write_text(text + "\n")
        print(scene, len(text))


def main() -> None:
    usual = ("APP/executors", "APP/jobs?status=running", "APP/stages?status=active")
    with tempfile.TemporaryDirectory() as folder, JupyterServer(Path(folder), "") as server:
        notebook = Notebook(server, "spark-local")
        recorder = Recorder(notebook.run(IDLE, timeout_s=300).strip())
        notebook.run(SHUFFLES)
        recorder.keep("idle", *usual, "APP/jobs", "APP/jobs/99")
        notebook.execute(FAILS)
        last = recorder.ask(f"{recorder.app}/jobs")[0]
        recorder.keep("failed-job", *usual, f"APP/jobs/{last['jobId']}", f"APP/stages/{last['stageIds'][0]}?details=false")
        cell = notebook.send("execute_request", {"code": SLOW, "silent": False, "store_history": True, "user_expressions": {}})
        until = time.monotonic() + 60
        while time.monotonic() < until:
            stages = recorder.ask(f"{recorder.app}/stages?status=active")
            if stages and stages[0]["numCompleteTasks"] == 7:
                break
            time.sleep(0.2)
        one = f"APP/stages/{stages[0]['stageId']}/{stages[0]['attemptId']}"
        tasks = f"{one}/taskList?status=running&sortBy=-runtime&length=3"
        recorder.keep("working", *usual, f"{one}/taskSummary?quantiles=0.5", tasks)
        notebook.collect(cell)
        notebook.close()


if __name__ == "__main__":
    main()
