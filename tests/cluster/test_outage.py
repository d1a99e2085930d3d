"""The API server away for a minute: kernels go on, connections come back by themselves, a death meanwhile is noticed; and what
the feed says grows old and says so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websocket import WebSocketBadStatusException

from tests.cluster.spark_pods import until
from tests.support.feed import Feed
from tests.support.notebook import Notebook, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

pytestmark = [pytest.mark.alone, pytest.mark.timeout(420)]

AWAY_S = 60
CELL = """
import time
for i in range({seconds}):
    print(i, flush=True)
    time.sleep(1)
"""


@contextmanager
def outage(cluster: dict[str, Any], seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """The API server is away from here on; the process ends when it is ready again. It does so too if this test dies."""
    command = [sys.executable, "-m", "tests.cluster.rig", "outage", str(seconds)]
    environ = {**os.environ, "SPARKK8S_CLUSTER_NAME": cluster["name"]}
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environ, start_new_session=True) as process:
        yield process
        assert process.wait() == 0


def first_process(pod: dict[str, Any]) -> int:
    """The process id, here, of a pod's first process: the nodes of the test cluster are this machine."""
    for entry in Path("/proc").iterdir():
        try:
            if pod["metadata"]["uid"] in (entry / "cgroup").read_text() and b"start.py" in (entry / "cmdline").read_bytes():
                ids = (entry / "status").read_text().partition("NSpid:")[2].split("\n")[0].split()
                if ids[-1] == "1":
                    return int(entry.name)
        except OSError:  # not a process, or one that ended
            continue
    raise AssertionError(f"no process of {pod['metadata']['name']}")


def restarted(notebook: Notebook, timeout_s: float) -> float:
    """When the notebook was told that its kernel restarts; then it connects anew."""
    deadline = time.monotonic() + timeout_s
    while notebook.receive(deadline - time.monotonic())["content"].get("execution_state") != "restarting":
        pass
    told = time.monotonic()
    while True:
        try:
            notebook.reconnect()
        except WebSocketBadStatusException:  # a minute has passed without a kernel; JupyterLab tries again, too
            assert time.monotonic() < deadline
        else:
            return told


def test_the_api_server_is_away_for_a_minute(
    start_server: Callable[..., JupyterServer], namespace: Namespace, cluster: dict[str, Any]
) -> None:
    direct, forwarded = (
        start_server(access=access, session="off", driver_memory="1Gi") for access in ("direct", "port-forward")
    )
    near, near_killed, far, far_killed = (Notebook(server) for server in (direct, direct, forwarded, forwarded))
    victims = [first_process(namespace.drivers(notebook.kernel_id)[0]) for notebook in (near_killed, far_killed)]

    with ThreadPoolExecutor(4) as pool, Feed(forwarded) as feed:
        feed.send(type="watch", kernel=far.kernel_id)
        assert feed.until(far.kernel_id, lambda kernel: kernel.get("full"))["stale_s"] == 0

        def run(notebook: Notebook, seconds: float) -> tuple[Result, float]:
            asked = notebook.send("execute_request", {"code": CELL.format(seconds=seconds), "silent": False})
            return notebook.collect(asked, AWAY_S + 60), time.monotonic()

        cells = [pool.submit(run, notebook, AWAY_S // 2) for notebook in (near, far)]
        until(lambda: near.state == far.state == "busy", "the cells have begun", 10)
        with outage(cluster, AWAY_S) as away:
            until(lambda: api_is_away(namespace), "the API server is away", 10)
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            told = [pool.submit(restarted, notebook, AWAY_S + 150) for notebook in (near_killed, far_killed)]
            near_result, near_ended = cells[0].result()
            assert away.poll() is None
            assert near.run("print('in between')") == "in between\n"
            stale = feed.until(far.kernel_id, lambda kernel: kernel["stale_s"] >= AWAY_S // 6)
            assert (stale["phase"], stale["stale_reason"].partition(",")[0]) == (
                "python",
                "Kubernetes' API server can't be reached",
            )
            assert away.wait() == 0
            back = time.monotonic()
        far_result, far_ended = cells[1].result()
        for result in (near_result, far_result):
            assert result.error == ""
            assert result.stream("stdout").split() == [str(i) for i in range(AWAY_S // 2)]
        print(f"direct {near_ended - back:.1f} s, forwarded {far_ended - back:.1f} s after the API server was back")
        feed.until(far.kernel_id, lambda kernel: not kernel["stale_s"])
        for future in told:
            print(f"death told {future.result() - back:.1f} s after")
            assert future.result() - back < 30

    for notebook in (near, near_killed, far, far_killed):
        assert notebook.run("print(6 * 7)") == "42\n"
        until(lambda: notebook.state == "idle", "the kernel's model says idle", 10)  # noqa: B023 - asked here and now
        notebook.close()


def api_is_away(namespace: Namespace) -> bool:
    try:
        namespace.pods()
    except Exception:
        return True
    return False
