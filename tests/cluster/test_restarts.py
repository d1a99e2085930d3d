"""A kernel that dies comes back by itself: the same kernel and session for its notebook, a new pod, nothing of the old one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import all_executors, until
from tests.support.notebook import Notebook
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
CULLED_AFTER_S = 6


@pytest.fixture(scope="module")
def opened(start_server: Callable[..., JupyterServer], cluster: dict[str, Any]) -> Iterator[Notebook]:
    """A notebook without Spark, and a server that culls what is idle, its page open or not."""
    culling = {"cull_idle_timeout": CULLED_AFTER_S, "cull_interval": 1, "cull_connected": True}
    jupyter = {f"MappingKernelManager.{name}": value for name, value in culling.items()}
    notebook = Notebook(start_server(access="direct", session="off", jupyter=jupyter))
    yield notebook
    notebook.socket.close()  # its kernel is culled by then


def pod_of(notebook: Notebook, namespace: Namespace) -> str:
    """The uid of the pod in which a notebook's kernel runs."""
    code = "import socket; print(socket.gethostname())"
    pod = namespace.pod(notebook.run(code).strip())
    assert pod is not None
    return str(pod["metadata"]["uid"])


def wait_for(notebook: Notebook, state: str) -> None:
    """Until the notebook is told that its kernel is in this state."""
    while notebook.receive(30)["content"].get("execution_state") != state:
        pass


def wait_for_restart(notebook: Notebook) -> None:
    """What JupyterLab does: it is told, and connects anew under the same id."""
    wait_for(notebook, "restarting")
    notebook.reconnect()


def assert_busy_in_a_cell(notebook: Notebook, seconds: float = 1) -> None:
    """The kernel's model says busy from a cell's begin to its end, and idle after."""

    def look(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            assert notebook.state == "busy"

    cell = f"import time\nprint('begin', flush=True)\ntime.sleep({seconds})\nprint('end', flush=True)\ntime.sleep(0.2)"
    assert notebook.execute(cell, on_message=look).stream("stdout") == "begin\nend\n"
    until(lambda: notebook.state == "idle", "the kernel's model says idle", 5)


def test_a_killed_kernel_comes_back_in_a_new_pod(opened: Notebook, namespace: Namespace) -> None:
    before = pod_of(opened, namespace)
    assert_busy_in_a_cell(opened)
    opened.send("execute_request", {"code": KILL, "silent": False})
    wait_for_restart(opened)
    assert_busy_in_a_cell(opened)
    assert pod_of(opened, namespace) != before
    assert opened.server.get(f"api/sessions/{opened.session['id']}")["kernel"]["id"] == opened.kernel_id
    assert [pod["metadata"]["uid"] for pod in namespace.drivers(opened.kernel_id)] == [pod_of(opened, namespace)]


def test_a_pod_deleted_in_the_middle_of_a_cell_is_followed_by_another(opened: Notebook, namespace: Namespace) -> None:
    (pod,) = namespace.drivers(opened.kernel_id)
    opened.send("execute_request", {"code": "import time; time.sleep(600)", "silent": False})
    until(lambda: opened.state == "busy", "the cell has begun", 10)
    namespace.core.delete_namespaced_pod(pod["metadata"]["name"], namespace.name)
    wait_for_restart(opened)
    assert_busy_in_a_cell(opened)


def test_a_busy_kernel_is_never_culled_an_idle_one_is(opened: Notebook, namespace: Namespace) -> None:
    """In a life after a restart: the watcher of its activity must look at the new pod."""
    assert_busy_in_a_cell(opened, CULLED_AFTER_S + 3)
    # Another cause than before: twice for the same one a kernel does not come back.
    opened.send("execute_request", {"code": "import os; os._exit(1)", "silent": False})
    # Nobody connects again: a kernel that died busy must not count as busy for ever.
    begun = time.monotonic()

    def is_gone() -> bool:
        try:
            return opened.state == ""
        except HttpError as error:
            return error.status == 404

    until(is_gone, "the idle kernel is culled", 40)
    assert time.monotonic() - begun > CULLED_AFTER_S
    assert namespace.drivers(opened.kernel_id) == []


def test_no_executor_of_a_dead_driver_is_left(start_server: Callable[..., JupyterServer], namespace: Namespace) -> None:
    notebook = Notebook(start_server(access="port-forward", executor_instances=1))
    notebook.run("sc", 280)
    (driver,) = namespace.drivers(notebook.kernel_id)
    before = {pod["metadata"]["name"] for pod in all_executors(notebook, namespace, 1)}
    notebook.send("execute_request", {"code": KILL, "silent": False})
    wait_for_restart(notebook)

    def left() -> set[str]:
        return before & {pod["metadata"]["name"] for pod in namespace.executors(notebook.kernel_id)}

    until(lambda: not left(), "no executor of the dead driver is left", 20)
    assert namespace.pod(driver["metadata"]["name"]) is None
    # The same session goes on with a Spark of its own, and with executors that belong to the new driver.
    assert notebook.run("print(spark.range(100).selectExpr('sum(id)').first()[0])", 280) == "4950\n"
    (driver,) = namespace.drivers(notebook.kernel_id)
    owners = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in all_executors(notebook, namespace, 1)}
    assert owners == {driver["metadata"]["uid"]}
    assert_busy_in_a_cell(notebook)
    notebook.close()
    assert namespace.executors(notebook.kernel_id) == []


def test_a_restart_in_the_middle_of_another_is_the_same(server: JupyterServer, namespace: Namespace) -> None:
    """Whether somebody asked for that one or the kernel has died."""
    notebook = Notebook(server)
    path = f"api/kernels/{notebook.kernel_id}"

    def restart(count: int) -> None:
        with ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(lambda _: server.post(f"{path}/restart"), range(count)))
        assert {answer["id"] for answer in answers} == {notebook.kernel_id}

    def assert_one_pod() -> None:
        notebook.reconnect()
        pod = notebook.run("import socket; print(socket.gethostname())").strip()
        assert [each["metadata"]["name"] for each in namespace.drivers(notebook.kernel_id)] == [pod]

    restart(3)
    assert_one_pod()
    notebook.send("execute_request", {"code": KILL, "silent": False})
    wait_for(notebook, "restarting")
    with pytest.raises(HttpError) as caught:
        server.post(f"{path}/interrupt")
    assert "no cell runs" in caught.value.body["message"]
    restart(2)
    assert_one_pod()
    notebook.close()
    assert namespace.drivers(notebook.kernel_id) == []


def test_a_kernel_that_is_being_shut_down_does_not_start_again(server: JupyterServer, namespace: Namespace) -> None:
    notebook = Notebook(server)
    path = f"api/kernels/{notebook.kernel_id}"
    with ThreadPoolExecutor(1) as pool:
        end = pool.submit(server.delete, path)
        until(lambda: f"Kernel shutdown: {notebook.kernel_id}" in server.log(), "its end has begun")
        with pytest.raises(HttpError) as caught:
            server.post(f"{path}/restart")
        end.result()
    assert caught.value.body["message"] == "The kernel is being shut down."
    assert namespace.drivers(notebook.kernel_id) == []
    assert notebook.kernel_id not in [each["id"] for each in server.get("api/kernels")]
    notebook.socket.close()


def test_a_restart_that_fails_is_told_and_leaves_nothing(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    """One that was asked for, and one after a death. What the pod needs has gone meanwhile."""
    secret = {"metadata": {"name": "keys"}, "stringData": {"key": "x"}}
    namespace.core.create_namespaced_secret(namespace.name, secret)
    keys = {"name": "keys", "mountPath": "/keys", "secret": {"secretName": "keys"}}
    server = start_server(access="port-forward", session="off", volumes=[keys], driver_memory="1Gi")
    asked, killed, alive = Notebook(server), Notebook(server), Notebook(server)
    namespace.core.delete_namespaced_secret("keys", namespace.name)

    def assert_told(_: int) -> None:
        with pytest.raises(HttpError) as caught:
            server.post(f"api/kernels/{asked.kernel_id}/restart")
        assert caught.value.status == 500
        assert 'secret "keys" not found' in caught.value.body["message"]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(assert_told, range(2)))
    wait_for(asked, "dead")
    killed.send("execute_request", {"code": KILL, "silent": False})
    wait_for(killed, "restarting")
    wait_for(killed, "dead")

    assert [model["id"] for model in server.get("api/kernels")] == [alive.kernel_id]
    for notebook in (asked, killed):
        assert namespace.drivers(notebook.kernel_id) == []
        death = server.get(f"sparkk8s/api/kernels/{notebook.kernel_id}")["death"]
        assert 'secret "keys" not found' in death["cause"]["said"]
        assert death["restarts"] is False
    (driver,) = namespace.drivers(alive.kernel_id)
    label = "jupyter-sparkk8s/server=" + driver["metadata"]["labels"]["jupyter-sparkk8s/server"]
    until(lambda: len(namespace.secrets(label)) == 1, "the Secrets of the others are gone", 10)
    assert server.log().count('secret "keys" not found') >= 2
    assert "Traceback" not in server.log()
    files = (server.folder / "runtime").glob("kernel-*.json")
    assert [file.name for file in files] == [f"kernel-{alive.kernel_id}.json"]
    assert alive.run("print('lives')") == "lives\n"
    for notebook in (asked, killed, alive):
        notebook.socket.close()
    server.stop()
