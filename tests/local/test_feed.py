"""The monitor's feed of a real server with a real Spark on this machine."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import websocket

from tests.support.feed import Feed, connect
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.notebook import Notebook

# Two tasks at a time, for some seconds.
WORKS = """
import time
sc.setJobGroup('mine', 'Slow squares')
sc.parallelize(range(6), 6).map(lambda x: time.sleep(2) or x * x).count()
"""
# Every request that reaches the driver's UI leaves a line in the file.
COUNTS = """
import tempfile
jetty = sc._jvm.org.sparkproject.jetty.server
log = tempfile.mktemp()
server = sc._jsc.sc().ui().get().serverInfo().get().server()
server.setRequestLog(jetty.CustomRequestLog(log, '%m %U'))
server.getRequestLog().start()
print(log)
"""
AGAIN = """
sc.stop()
from pyspark.sql import SparkSession
spark = SparkSession.builder.config('spark.ui.port', {port}).getOrCreate()
sc = spark.sparkContext
print(sc.applicationId, sc.uiWebUrl)
"""
DIES = {"code": "import os; os._exit(3)", "silent": False, "store_history": True}


def test_jobs_stages_and_executors_come_and_go(spark_server: JupyterServer, notebook: Notebook) -> None:
    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        ready = feed.until(notebook.kernel_id, lambda k: k.get("phase") == "ready" and k["counts"]["running"] == 2)
        assert ready["backend"] == "local"
        assert ready["driver"]["ui"]["path"] == f"sparkk8s/ui/{notebook.kernel_id}/"
        assert ready["driver"]["memory_used"] > 100 << 20
        assert ready["application"]["cores_total"] == 2
        assert {each["state"] for each in ready["executors"].values()} == {"running"}
        cell = notebook.send("execute_request", {"code": WORKS, "silent": False, "store_history": True, "user_expressions": {}})

        def works(kernel: dict[str, Any]) -> Any:
            jobs = [job for job in kernel["jobs"].values() if job["state"] == "running" and job["tasks"]["done"]]
            return jobs and kernel["application"]["active_tasks"]

        kernel = feed.until(notebook.kernel_id, works)
        job = next(job for job in kernel["jobs"].values() if job["state"] == "running")
        number = notebook.collect(cell).reply["content"]["execution_count"]
        assert (job["description"], job["group"], job["cell"]) == ("Slow squares", "mine", number)
        assert job["tasks"]["total"] == 6
        stage = next(stage for stage in kernel["stages"].values() if stage["job"] == job["id"])
        assert (stage["state"], stage["cell"]) == ("active", number)
        assert any(count for count in kernel["chart"].values())
        done = feed.until(notebook.kernel_id, lambda k: k["jobs"].get(str(job["id"]), {}).get("state") == "succeeded")
        assert done["jobs"][str(job["id"])]["tasks"]["done"] == 6
        feed.until(notebook.kernel_id, lambda k: k["application"]["active_tasks"] == 0 and k["interval_s"] <= 1)


def test_what_failed_is_told_with_its_last_words(spark_server: JupyterServer, notebook: Notebook) -> None:
    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        feed.until(notebook.kernel_id, lambda k: k.get("full"))
        notebook.execute("import time\nsc.parallelize(range(4), 2).map(lambda x: time.sleep(1) or 1 // (x - 3)).count()")
        kernel = feed.until(notebook.kernel_id, lambda k: any(job["state"] == "failed" for job in k["jobs"].values()))
        failed = [stage for stage in kernel["stages"].values() if stage["state"] == "failed"]
        assert "ZeroDivisionError" in failed[-1]["failure"]
        assert "ZeroDivisionError" in _newest(kernel)["failure"]


def test_of_a_kernel_that_nobody_sees_it_is_told_how_a_job_ended(spark_server: JupyterServer, notebook: Notebook) -> None:
    """Its stages are not read; that a job was cancelled is no failure to be told of."""
    with Feed(spark_server) as feed:
        known = feed.until(notebook.kernel_id, lambda k: k.get("application"))["jobs"]
        cell = notebook.send("execute_request", {"code": WORKS, "silent": False, "store_history": True})
        feed.until(notebook.kernel_id, lambda k: any(job["state"] == "running" for job in k["jobs"].values()))
        spark_server.post(f"api/kernels/{notebook.kernel_id}/interrupt")
        notebook.collect(cell)
        kernel = feed.until(
            notebook.kernel_id, lambda k: _newest(k)["state"] == "failed" and str(_newest(k)["id"]) not in known
        )
        assert re.search(r"Job \d+ cancelled", _newest(kernel)["failure"])
        assert not kernel["full"]
        assert not kernel["stages"]


def _newest(kernel: dict[str, Any]) -> dict[str, Any]:
    job: dict[str, Any] = max(kernel["jobs"].values(), key=lambda job: job["id"])
    return job


def test_tasks_that_take_two_cores_each(tmp_path: Path, opened: Callable[..., Notebook]) -> None:
    """An executor of two cores runs one of them at a time: that is what is counted."""
    sizes = "c.SparkK8s.executor_instances = 1\nc.SparkK8s.executor_cores = 2\n"
    with JupyterServer(tmp_path / "server", sizes + 'c.SparkK8s.spark_conf = {"spark.task.cpus": "2"}\n') as server:
        notebook = opened(server)
        with Feed(server) as feed:
            feed.send(type="watch", kernel=notebook.kernel_id)
            assert notebook.run("print(sc.defaultParallelism, sc.getConf().get('spark.executor.cores'))", 300) == "2 2\n"
            kernel = feed.until(notebook.kernel_id, lambda k: k.get("application") and k["counts"]["running"] == 1)
            assert (kernel["application"]["cores_total"], kernel["application"]["task_cpus"]) == (1, 2)
            notebook.run(WORKS.replace("range(6), 6", "range(4), 4"))
            kernel = feed.until(notebook.kernel_id, lambda k: any(k["chart"].values()))
            assert max(kernel["chart"].values()) == 1


def test_with_no_feed_open_nothing_is_asked(spark_server: JupyterServer, notebook: Notebook) -> None:
    log = Path(notebook.run(COUNTS).strip())

    def lines() -> int:
        return len(log.read_text().splitlines()) if log.exists() else 0

    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        feed.until(notebook.kernel_id, lambda k: k.get("full"))
        feed.until(notebook.kernel_id, lambda k: len(k["chart"]) > 3)
        assert "/executors" in log.read_text()
        feed.send(type="visible", visible=False)
        feed.until(notebook.kernel_id, lambda k: not k["full"])
        time.sleep(1)  # a reading that was under way
        before = log.read_text()
        time.sleep(6)
        hidden = log.read_text()[len(before) :]
        assert "/jobs" in hidden
        assert "/executors" not in hidden
        assert "/stages" not in hidden
    time.sleep(1)
    before_s = lines()
    time.sleep(7)
    assert lines() == before_s


def test_strangers_get_nothing(spark_server: JupyterServer) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(spark_server, origin="https://evil.example.org")
    assert refused.value.status_code == 403
    url = f"{spark_server.url.replace('http', 'ws', 1)}sparkk8s/api/feed"
    with pytest.raises(websocket.WebSocketBadStatusException) as unknown:
        websocket.create_connection(url, timeout=60)
    assert unknown.value.status_code == 403


def test_nonsense_from_a_client_changes_nothing(spark_server: JupyterServer, notebook: Notebook) -> None:
    with Feed(spark_server) as feed:
        for text in (
            "",
            "{",
            "[]",
            "null",
            '{"type": "watch", "kernel": 3}',
            '{"type": 1}',
            '{"type": "dismiss"}',
            "x" * 20_000,
            "[" * 9_000,
            '{"type": "watch", "kernel": "\\ud800"}',
        ):
            feed._socket.send(text)
        feed._socket.send_binary(b"\xff\x00")
        feed.send(type="dismiss", kernel=notebook.kernel_id)
        feed.send(type="watch", kernel=notebook.kernel_id)
        feed.until(notebook.kernel_id, lambda k: k.get("full") and k["phase"] == "ready")


HOSTILE: tuple[Any, ...] = (
    3,
    [{"type": "watch"}],
    {"type": ["watch"], "kernel": None},
    {"type": {"watch": 1}},
    {"type": "watch", "kernel": {"$ref": "k"}},
    {"type": "watch", "kernel": True},
    {"type": "visible", "visible": "no"},
    {"type": "visible", "visible": [[[]]], "kernel": 10**400},
    {"type": "dismiss", "kernel": ["x"]},
    {"type": "dismiss", "kernel": "../../api/shutdown"},
    {"type": "snapshot", "kernels": {}},
    {"__proto__": {"type": "watch"}, "type": "constructor"},
)


def test_wrong_types_and_frames_beyond_all_measure_hurt_nobody_else(spark_server: JupyterServer, notebook: Notebook) -> None:
    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        feed.until(notebook.kernel_id, lambda k: k.get("full"))
        odd = connect(spark_server)
        assert json.loads(odd.recv())["type"] == "snapshot"
        for request in HOSTILE:
            odd.send(json.dumps(request))
        odd.send('{"type": "watch", "kernel": NaN}')
        odd.send_binary(b"\x00" * 9_000)
        # What nobody has asked for answers still; then a frame larger than any: the server hangs up, or leaves it alone.
        odd.send(json.dumps({"type": "watch", "kernel": "no such kernel"}))
        odd.ping("still there")
        with suppress(OSError, websocket.WebSocketException):
            for _ in range(3):
                odd.send("x" * (30 << 20))
        odd.close()
        second = max(map(int, feed.kernels[notebook.kernel_id]["chart"]), default=0)
        known = feed.until(notebook.kernel_id, lambda k: max(map(int, k["chart"]), default=0) > second)
        assert (known["phase"], known["stale_s"]) == ("ready", 0)
    said = spark_server.log()
    assert "Traceback" not in said
    assert "Uncaught exception" not in said


def test_a_flood_of_requests_and_many_sockets_hold_up_nobody(spark_server: JupyterServer, notebook: Notebook) -> None:
    log = Path(notebook.run(COUNTS).strip())
    sockets = [connect(spark_server) for _ in range(40)]
    try:
        for one in sockets:
            assert json.loads(one.recv())["type"] == "snapshot"
        begun = time.monotonic()
        for turn in range(3000):
            sockets[turn % 40].send(json.dumps({"type": "watch", "kernel": [notebook.kernel_id, None, "x" * 90][turn % 3]}))
        with Feed(spark_server) as feed:
            feed.send(type="watch", kernel=notebook.kernel_id)
            feed.until(notebook.kernel_id, lambda k: k.get("full") and k["phase"] == "ready")
        took_s = time.monotonic() - begun
    finally:
        for one in sockets:
            one.close()
    assert len(log.read_text().splitlines()) < 60 * (took_s + 1), "each request of a client is none to the driver"
    assert "Traceback" not in spark_server.log()


def test_an_open_feed_is_no_activity(spark_server: JupyterServer, notebook: Notebook) -> None:
    def active() -> Any:
        return spark_server.get("api/status")["last_activity"]

    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        feed.until(notebook.kernel_id, lambda k: k.get("full"))
        before = active()
        feed.until(notebook.kernel_id, lambda k: len(k["chart"]) > 5)
        assert active() == before


def test_a_context_stopped_and_made_anew_at_another_port(spark_server: JupyterServer, notebook: Notebook) -> None:
    with Feed(spark_server) as feed:
        feed.send(type="watch", kernel=notebook.kernel_id)
        first = feed.until(notebook.kernel_id, lambda k: k.get("phase") == "ready" and k["full"])["application"]["id"]
        notebook.run("sc.stop()")
        stopped = feed.until(notebook.kernel_id, lambda k: k["phase"] == "stopped")
        assert not stopped["driver"]["ui"]["available"]
        assert "SparkSession.builder" in stopped["driver"]["ui"]["why_not"]
        app, url = notebook.run(AGAIN.format(port=4777), timeout_s=200).split()
        assert app != first
        assert url.endswith(":4777")
        feed.until(notebook.kernel_id, lambda k: k["phase"] == "ready" and k["application"]["id"] == app)
        assert spark_server.get(f"sparkk8s/ui/{notebook.kernel_id}/api/v1/applications")[0]["id"] == app


def _is_up_again(feed: Feed, notebook: Notebook, process: int) -> dict[str, Any]:
    """Return when the kernel answers in another process than it did."""
    return feed.until(notebook.kernel_id, lambda k: k["phase"] == "python" and k["driver"]["process"] != process)


def test_start_restart_and_death(server: JupyterServer, opened: Callable[..., Notebook]) -> None:
    with Feed(server) as feed:
        notebook = opened(server)
        kernel = feed.until(notebook.kernel_id, lambda k: k.get("phase") == "python")
        assert kernel["notebook"] == kernel["path"] == notebook.session["path"]
        assert kernel["session"] == "off"
        assert kernel["driver"]["ui"]["why_not"] == "Spark has not started yet."
        seen = [frame["kernels"].get(notebook.kernel_id) or {} for frame in feed.frames]
        assert "starting-python" in [each.get("phase") for each in seen]
        process = kernel["driver"]["process"]
        notebook.restart()
        _is_up_again(feed, notebook, process)
        process = feed.kernels[notebook.kernel_id]["driver"]["process"]
        notebook.send("execute_request", DIES)
        feed.until(notebook.kernel_id, lambda k: k.get("death", {}).get("count") == 1)
        kernel = _is_up_again(feed, notebook, process)
        assert kernel["findings"][0]["id"] == "death"
        notebook.reconnect()
        notebook.send("execute_request", DIES)
        feed.until(notebook.kernel_id, lambda k: k.get("death", {}).get("count") == 2)
        dead = feed.until(notebook.kernel_id, lambda k: k["phase"] == "dead")
        assert not dead["death"]["restarts"]
        assert "exit code 3" in dead["death"]["cause"]["title"]
    with Feed(server) as later:
        assert later.kernels[notebook.kernel_id]["death"]["count"] == 2
        later.send(type="dismiss", kernel=notebook.kernel_id)
        later.until(notebook.kernel_id, lambda k: not k)
