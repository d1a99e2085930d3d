"""Restart, shutdown and violent ends: what must be there afterwards, and what must not."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

from tests.local.conftest import NO_SPARK
from tests.local.processes import assert_gone, of_session, private_directories, running_in
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.notebook import Notebook

    Opener = Callable[..., Notebook]

PORTS = (
    "import json, ipykernel\n"
    "with open(ipykernel.get_connection_file()) as file:\n"
    "    info = json.load(file)\n"
    "print(json.dumps([info[f'{c}_port'] for c in ('shell', 'iopub', 'stdin', 'control', 'hb')]))"
)


def pid_of(notebook: Notebook) -> int:
    return int(notebook.run("import os; print(os.getpid())"))


def test_restart_is_a_new_process_on_new_ports_in_the_same_session(server: JupyterServer, opened: Opener) -> None:
    notebook = opened(server)
    old_pid, old_ports = pid_of(notebook), set(json.loads(notebook.run(PORTS)))
    notebook.run("import subprocess; child = subprocess.Popen(['sleep', '600']); x = 1")
    (old_directory,) = private_directories(notebook.kernel_id)

    notebook.restart()

    assert_gone(old_pid, within_s=0)
    assert not old_directory.exists()
    assert "NameError" in notebook.execute("x").error
    assert pid_of(notebook) != old_pid
    assert not old_ports & set(json.loads(notebook.run(PORTS)))
    assert [each["id"] for each in server.get("api/sessions")] == [notebook.session["id"]]
    assert len(private_directories(notebook.kernel_id)) == 1


def test_a_kernel_that_dies_is_started_again(server: JupyterServer, opened: Opener) -> None:
    notebook = opened(server)
    (old_directory,) = private_directories(notebook.kernel_id)
    notebook.run("import subprocess; orphan = subprocess.Popen(['sleep', '600'])")
    old_pid = pid_of(notebook)
    os.kill(old_pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while not (directories := private_directories(notebook.kernel_id)) or old_directory in directories:
        assert time.monotonic() < until, directories
        time.sleep(0.1)
    assert_gone(old_pid, within_s=0)
    notebook.socket.shutdown()  # type: ignore[no-untyped-call]
    notebook.socket = notebook.connect()
    assert pid_of(notebook) == running_in(directories[0])


def test_a_server_that_is_asked_to_end_leaves_nothing(server: JupyterServer, opened: Opener) -> None:
    notebook = opened(server)
    pid = pid_of(notebook)
    assert server.stop(signal.SIGTERM) < 10
    assert_gone(pid, within_s=0)
    assert not private_directories(notebook.kernel_id)


def test_two_sparks_side_by_side_each_end_whole(tmp_path: Path, opened: Opener) -> None:
    with JupyterServer(tmp_path / "server", "") as server:
        first, second = opened(server), opened(server)
        pids = pid_of(first), pid_of(second)
        count = "spark.sparkContext.parallelize(range(100), 4).map(lambda x: x + 1).sum(), sc.uiWebUrl, sc.applicationId"
        results = [notebook.execute(count, timeout_s=300).data() for notebook in (first, second)]
        assert all(result.startswith("(5050, ") for result in results)
        assert results[0] != results[1], "each has its own Spark UI"
        assert all("CoarseGrainedExecutorBackend" in "".join(of_session(pid).values()) for pid in pids)

        first.close()
        assert_gone(pids[0], within_s=0)
        assert not private_directories(first.kernel_id)
        assert second.run("print(spark.range(3).count())") == "3\n"

        assert server.process is not None
        server.process.kill()
        assert_gone(pids[1], within_s=10)

    (abandoned,) = private_directories(second.kernel_id)
    with JupyterServer(tmp_path / "next", NO_SPARK) as server:
        opened(server).close()
    assert not abandoned.exists(), "what a killed server left is removed by the next launch"
