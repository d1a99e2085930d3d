"""Clients without a Jupyter server: the same kernel, by the settings of jupyter_sparkk8s_config.py, and nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pexpect
import pytest

from tests.cluster.environment import server_config
from tests.cluster.spark_pods import run_in, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.environment import Namespace

ALONE_S = 4


@pytest.fixture
def environ(tmp_path: Path, namespace: Namespace, kubeconfig: Path, image: str, cluster: dict[str, Any]) -> Callable[..., Any]:
    """The environment of a user with these settings, and directories of their own."""

    def make(**traits: Any) -> dict[str, str]:
        settings = {"namespace": namespace.name, "image": image, "kubeconfig": str(kubeconfig), "session": "off", **traits}
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "jupyter_sparkk8s_config.py").write_text(server_config(**settings))
        places = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        return {**os.environ, **places, "IPYTHONDIR": str(tmp_path / "ipython"), "TERM": "dumb"}

    return make


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook for the kernel."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "spark-k8s", "display_name": "Spark on K8s", "language": "python"}
    nbformat.write(book, path)
    return path


def jupyter(*words: str) -> list[str]:
    """A command of this environment's Jupyter."""
    return [sys.executable, "-m", "jupyter", *words]


def outputs(path: Path) -> str:
    """All that the cells of an executed notebook printed."""
    book = nbformat.read(path, as_version=4)
    return "".join(output.get("text", "") for cell in book.cells for output in cell.outputs if output.get("name") == "stdout")


def test_jupyter_execute_runs_a_notebook_with_spark_and_leaves_nothing(
    environ: Callable[..., Any], namespace: Namespace, tmp_path: Path
) -> None:
    book = write_notebook(
        tmp_path / "book.ipynb", "import socket\nprint(socket.gethostname())", "print(sc.master, spark.range(1000).count())"
    )
    command = jupyter("execute", str(book), "--inplace")
    subprocess.run(command, env=environ(session="eager", executor_instances=1), check=True, timeout=280)
    host, rest = outputs(book).splitlines()
    assert host.startswith("spark-")
    assert rest.startswith("k8s://")
    assert rest.endswith(" 1000")
    assert namespace.pod(host) is None


def test_a_console_talks_to_the_kernel_and_leaves_nothing(environ: Callable[..., Any], namespace: Namespace) -> None:
    command, *words = jupyter("console", "--kernel", "spark-k8s", "--simple-prompt")
    words.append("--ZMQTerminalInteractiveShell.confirm_exit=False")
    with pexpect.spawn(command, words, env=environ(), encoding="utf-8", timeout=60) as terminal:
        terminal.expect(r"In \[1\]: ")
        terminal.sendline("import socket; print('from', socket.gethostname())")
        terminal.expect(r"from (spark-\S+)")
        assert terminal.match is not None
        host = str(terminal.match.group(1))
        assert namespace.pod(host) is not None
        terminal.expect(r"In \[2\]: ")
        terminal.sendline("exit()")
        terminal.expect(pexpect.EOF)
    assert namespace.pod(host) is None


def new_pods(namespace: Namespace, before: set[str], phase: str) -> list[str]:
    """Names of drivers in this phase that were not there before."""
    pods = [pod for pod in namespace.drivers() if pod["status"].get("phase") == phase]
    return [name for pod in pods if (name := str(pod["metadata"]["name"])) not in before]


def test_a_client_that_is_interrupted_in_the_middle_of_a_start_ends_and_leaves_nothing(
    environ: Callable[..., Any], namespace: Namespace, tmp_path: Path
) -> None:
    before = {pod["metadata"]["name"] for pod in namespace.drivers()}
    book = write_notebook(tmp_path / "book.ipynb", "print('never')")
    settings = environ(driver_cpu="900", unschedulable_grace_s=600)
    with subprocess.Popen(jupyter("execute", str(book)), env=settings, stderr=subprocess.PIPE, text=True) as client:
        (pod,) = until(lambda: new_pods(namespace, before, "Pending"), "a pod that fits on no node")
        client.send_signal(signal.SIGINT)
        assert "Start cancelled." in client.communicate(timeout=30)[1]
    until(lambda: namespace.pod(pod) is None, "its pod is gone", 10)


@pytest.mark.parametrize("access", ["port-forward", "direct"])
def test_a_client_that_is_killed_leaves_its_cell_running_and_its_pod_ends_after_that(
    access: str, environ: Callable[..., Any], namespace: Namespace, tmp_path: Path
) -> None:
    before = {pod["metadata"]["name"] for pod in namespace.drivers()}
    book = write_notebook(tmp_path / "book.ipynb", f"import time\ntime.sleep({3 * ALONE_S})", "print('never')")
    client = subprocess.Popen(
        jupyter("execute", str(book)), env=environ(access=access, alone_timeout_s=ALONE_S), start_new_session=True
    )

    (pod,) = until(lambda: new_pods(namespace, before, "Running"), "the kernel's pod runs")
    busy = "import os; print(os.path.exists(os.path.join(os.path.dirname(os.environ['SPARK_CONF_DIR']), 'busy')))"
    until(lambda: run_in(namespace, pod, busy) == "True\n", "the cell runs")
    client.send_signal(signal.SIGKILL)
    client.wait()
    time.sleep(ALONE_S + 3)  # it would have ended by now, had no cell run
    assert run_in(namespace, pod, busy) == "True\n"
    until(lambda: namespace.pod(pod) is None, "the pod of a client that was killed is gone")
