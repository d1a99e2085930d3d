"""A driver that dies says why: as an event, to who asks, in the log; and is given up at the second death of the same cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import until
from tests.support.events import Events
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

DISK = {"spec": {"containers": [{"name": "driver", "resources": {"limits": {"ephemeral-storage": "300Mi"}}}]}}


@pytest.fixture
def opened(start_server: Callable[..., JupyterServer]) -> Iterator[Notebook]:
    notebook = Notebook(start_server(access="port-forward", session="off", driver_pod_extra=DISK))
    yield notebook
    notebook.socket.close()


@pytest.fixture
def events(opened: Notebook) -> Iterator[Events]:
    listening = Events(opened.server)
    yield listening
    listening.close()


def test_why_a_driver_died(opened: Notebook, events: Events, namespace: Namespace) -> None:
    """One kernel and five causes; each other cause gets its own second chance."""
    core, kernel_id = namespace.core, opened.kernel_id

    def cell(code: str) -> Callable[[], Any]:
        return lambda: opened.send("execute_request", {"code": code, "silent": False})

    def pod() -> str:
        (found,) = namespace.drivers(kernel_id)
        return str(found["metadata"]["name"])

    def evict() -> None:
        core.create_namespaced_pod_eviction(pod(), namespace.name, {"metadata": {"name": pod()}})

    def dies(act: Callable[[], Any]) -> dict[str, Any]:
        """Let it die; what is told of that, once the kernel is there again or given up."""
        before, starts = len(events.of("death")), events.phases(kernel_id).count("started")
        act()
        until(lambda: len(events.of("death")) > before, "the death is told")
        death = events.of("death")[-1]
        if death["restarts"]:
            until(lambda: events.phases(kernel_id).count("started") > starts, "the kernel is there again")
            opened.reconnect()
            assert opened.run("print(6 * 7)") == "42\n"
        asked = opened.server.get(f"sparkk8s/api/kernels/{kernel_id}")["death"]
        assert asked == {name: value for name, value in death.items() if name != "schema_id"}
        return death

    exited = dies(cell("import os; os._exit(3)"))
    assert exited["cause"]["title"] == "The kernel ended: exit code 3."
    memory = dies(cell("b'x' * (3 << 30)"))["cause"]
    assert memory["title"] == "The driver used more memory than its pod has (1Gi)."
    assert "OOMKilled" in memory["said"]
    deleted = dies(lambda: core.delete_namespaced_pod(pod(), namespace.name))["cause"]
    assert deleted["title"] == "The driver's pod was deleted."
    drained = dies(evict)["cause"]
    assert drained["title"] == "The driver's pod was evicted from its node, as for the node's maintenance."
    assert "viction" in drained["said"]
    full = dies(cell("with open('/tmp/large', 'wb') as file:\n    file.write(bytes(900 << 20))\nimport time; time.sleep(600)"))
    assert full["cause"]["title"] == "Kubernetes evicted the driver's pod."
    assert "ephemeral local storage usage exceeds" in full["cause"]["said"]
    assert [(death["count"], death["restarts"]) for death in events.of("death")] == [(1, True)] * 5

    again = dies(cell("import os; os._exit(3)"))
    assert again["cause"] == exited["cause"]
    assert (again["count"], again["restarts"]) == (2, False)
    while opened.receive(30)["content"].get("execution_state") != "dead":
        pass
    server = opened.server
    assert server.get("api/kernels") == server.get("api/sessions") == []
    assert namespace.drivers(kernel_id) == []
    secrets = f"jupyter-sparkk8s/kernel-id={kernel_id}"
    until(lambda: not namespace.secrets(secrets), "its Secrets are gone", 20)
    assert "died and is not started again: The kernel ended: exit code 3." in server.log()
    server.stop()


def test_a_jvm_that_is_killed_beside_a_living_python_is_told(start_server: Callable[..., JupyterServer]) -> None:
    notebook = Notebook(start_server(access="port-forward", executor_instances=1))
    notebook.run("kept = 7\nsc", 280)
    eats = (
        "platform = sc._jvm.org.apache.spark.unsafe.Platform\n"
        "for _ in range(64):\n"
        "    platform.setMemory(None, platform.allocateMemory(1 << 26), 1 << 26, 1)"
    )
    result = notebook.execute(eats, 120)
    assert result.error
    shown = [result.stream("stderr")]

    def told() -> bool:
        shown.append(notebook.execute("1").stream("stderr"))
        return "Spark's JVM was killed" in "".join(shown)

    until(told, "the notebook says why", 60)
    text = "".join(shown)
    assert "all of the driver's memory (1792 MiB) was used up" in text
    assert "c.SparkK8s.driver_memory" in text
    assert notebook.run("print(kept)") == "7\n"
    assert notebook.execute("1").stream("stderr") == "", "once"
    notebook.close()
