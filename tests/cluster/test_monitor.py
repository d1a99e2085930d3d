"""The monitor on a real cluster, through the API server's port-forward: the driver's pod, executors that wait and that die, the
Spark UI behind its lock.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.support.feed import Feed
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

SESSION = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.config('spark.kubernetes.executor.request.cores', {cores!r}).getOrCreate()
sc = spark.sparkContext
print(sc.applicationId)
"""

# In a kernel without Spark: what stands where a UI may be, and what it is asked with.
STANDS_IN = """
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading
class Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"spark": "4"}' if self.path == '/api/v1/version' else str(self.headers).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
echo = HTTPServer(('127.0.0.1', %d), Echo)
threading.Thread(target=echo.serve_forever, daemon=True).start()
"""


def _ui(server: JupyterServer, notebook: Notebook) -> tuple[int, str]:
    """Status and text of a page of the kernel's UI."""
    url = f"{server.url}sparkk8s/ui/{notebook.kernel_id}/jobs/"
    request = urllib.request.Request(url, headers={"Authorization": f"token {server.token}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_relay_reaches_the_ui_and_shows_its_key(server: JupyterServer, plain: Notebook) -> None:
    assert _ui(server, plain)[0] == 404
    plain.run(STANDS_IN % 5050)
    assert _ui(server, plain)[0] == 404
    plain.run(STANDS_IN % 4041)
    status, headers = _ui(server, plain)
    assert status == 200
    assert "Authorization: Bearer ey" in headers
    assert server.token not in headers


def _states(kernel: dict[str, Any]) -> list[str]:
    return [each["state"] for each in kernel.get("executors", {}).values()]


def test_executors_that_wait_run_and_die(start_server: Callable[..., JupyterServer], namespace: Namespace) -> None:
    server = start_server(access="port-forward", session="lazy", executor_instances=1)
    with Feed(server) as feed:
        notebook = Notebook(server)
        feed.send(type="watch", kernel=notebook.kernel_id)
        kernel = feed.until(notebook.kernel_id, lambda k: k.get("phase") == "python" and k["driver"].get("node"))
        assert kernel["backend"] == "kubernetes"
        assert kernel["driver"]["namespace"] == namespace.name
        limit = kernel["driver"]["memory_limit"]
        assert limit > 1 << 30
        kernel = feed.until(notebook.kernel_id, lambda k: k["driver"].get("memory_used"))
        assert 10 << 20 < kernel["driver"]["memory_used"] < limit // 2
        notebook.run(f"ballast = b'x' * {int(0.93 * limit) - kernel['driver']['memory_used']}")
        full = feed.until(notebook.kernel_id, lambda k: k["findings"])
        assert [each["id"] for each in full["findings"]] == ["driver-memory"]
        notebook.run("del ballast")
        feed.until(notebook.kernel_id, lambda k: not k["findings"])
        notebook.run(SESSION.format(cores="64"), 280)
        waits = feed.until(notebook.kernel_id, lambda k: any(each.get("reason") for each in k["executors"].values()))
        (executor,) = waits["executors"].values()
        assert executor["state"] == "pending"
        assert "too little cpu" in executor["reason"]
        assert (waits["counts"]["wanted"], waits["counts"]["pending"], waits["counts"]["running"]) == (1, 1, 0)
        finding = next(each for each in waits["findings"] if each["id"] == "executors-pending")
        assert finding["severity"] == "error"
        notebook.run("sc.stop()")
        app = notebook.run(SESSION.format(cores="100m"), 280).strip()
        runs = feed.until(
            notebook.kernel_id, lambda k: k.get("application", {}).get("id") == app and "running" in _states(k), timeout_s=200
        )
        executor = next(each for each in runs["executors"].values() if each["state"] == "running")
        assert executor["pod"] in {pod["metadata"]["name"] for pod in namespace.executors(notebook.kernel_id)}
        assert executor["node"] == runs["driver"]["node"]
        ui = f"sparkk8s/ui/{notebook.kernel_id}/api/v1/applications"
        assert server.get(ui)[0]["id"] == app
        namespace.core.delete_namespaced_pod(executor["pod"], namespace.name, grace_period_seconds=0)
        lost = feed.until(notebook.kernel_id, lambda k: k["counts"]["failed"], timeout_s=120)
        assert lost["findings"]
        feed.until(notebook.kernel_id, lambda k: k["counts"]["running"] == 1, timeout_s=200)
        notebook.close()
        feed.until(notebook.kernel_id, lambda k: not k)
