"""Starts on the cluster: their phases are told, they are cancelled in each, and outlive a request that a proxy has cut."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.environment import offer_profile
from tests.cluster.spark_pods import until
from tests.support.events import Events
from tests.support.notebook import Notebook
from tests.support.proxy import proxy_on_a_thread
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
# Where each phase lasts until the test ends it. The registry's address answers nobody (RFC 5737).
LASTING: dict[str, dict[str, Any]] = {
    "created": {"driver_pod_extra": {"spec": {"schedulerName": "none-like-this"}}},
    "queued": {"node_selector": {"disk": "none-like-this"}},
    "pulling": {"image": "192.0.2.1:5000/spark:1", "image_pull_policy": "Always"},
    "starting-python": {
        "volumes": [{"name": "slow", "mountPath": "/slow", "secret": {"secretName": "slow-python"}}],
        "env": {"PYTHONPATH": "/slow"},
    },
}
SLOW = {"stringData": {"sitecustomize.py": "import time; time.sleep(600)"}}


def sleeping(image: str, seconds: int) -> dict[str, Any]:
    """What makes a pod take so long to start."""
    container = {"name": "slow", "image": image, "command": ["sleep", str(seconds)], "securityContext": RESTRICTED}
    return {"spec": {"initContainers": [container]}}


@pytest.fixture(scope="module")
def lasting(start_server: Callable[..., JupyterServer], namespace: Namespace, image: str) -> JupyterServer:
    """A server with a kernelspec for each phase, whose starts stay there."""
    LASTING["mounting"] = {"driver_pod_extra": sleeping(image, 600)}
    namespace.core.create_namespaced_secret(namespace.name, {"metadata": {"name": "slow-python"}, **SLOW})
    namespace.core.create_namespaced_secret(namespace.name, {"metadata": {"name": "later-python"}})
    volume = {"name": "slow", "mountPath": "/slow", "secret": {"secretName": "later-python"}}
    settings = {**LASTING, "later": {**LASTING["starting-python"], "volumes": [volume]}}
    profiles = [{"name": name, **each} for name, each in settings.items()]
    server = start_server(session="off", unschedulable_grace_s=600, profiles=profiles)
    for profile in profiles:
        offer_profile(server, profile["name"])
    return server


@pytest.fixture
def events(lasting: JupyterServer) -> Iterator[Events]:
    listening = Events(lasting)
    yield listening
    listening.close()


def test_a_start_is_cancelled_in_each_phase(lasting: JupyterServer, events: Events, namespace: Namespace) -> None:
    answers: dict[str, HttpError] = {}

    def ask(kernel: str) -> None:
        try:
            Notebook(lasting, kernel, name=f"{kernel}.ipynb")
        except HttpError as error:
            answers[kernel] = error

    asking = [threading.Thread(target=ask, args=[kernel], name=kernel, daemon=True) for kernel in LASTING]
    for thread in asking:
        thread.start()

    def started(phase: str) -> list[dict[str, Any]]:
        return [event for event in events.of("start") if (event["notebook"], event["phase"]) == (f"{phase}.ipynb", phase)]

    for phase in LASTING:
        until(lambda phase=phase: started(phase), f"{phase} is told", 60)  # type: ignore[misc]
    ids = {phase: started(phase)[-1]["kernel_id"] for phase in LASTING}
    assert started("mounting")[-1]["node"]
    for phase, kernel_id in ids.items():
        if phase in ("created", "queued", "starting-python"):
            lasting.post(f"sparkk8s/api/kernels/{kernel_id}/cancel")
        else:
            lasting.delete(f"api/kernels/{kernel_id}")
        assert namespace.drivers(kernel_id) == [], phase
    for thread in asking:
        thread.join(30)
    assert {phase: error.body["message"].split(".")[0] for phase, error in answers.items()} == dict.fromkeys(
        LASTING, "Start cancelled"
    )
    assert lasting.get("api/kernels") == lasting.get("api/sessions") == []
    until(lambda: all(events.phases(each)[-1] == "cancelled" for each in ids.values()), "the ends are told", 10)
    for kernel_id in ids.values():
        elapsed = [event["elapsed_s"] for event in events.of("start", kernel_id)]
        assert elapsed == sorted(elapsed)
    kernels = ",".join(ids.values())
    until(lambda: not namespace.secrets(f"jupyter-sparkk8s/kernel-id in ({kernels})"), "their Secrets are gone", 20)


def test_a_restart_is_cancelled(lasting: JupyterServer, events: Events, namespace: Namespace) -> None:
    notebook = Notebook(lasting, "later")
    assert notebook.run("print(1 + 1)") == "2\n"
    namespace.core.patch_namespaced_secret("later-python", namespace.name, SLOW)
    answers: list[HttpError] = []

    def restart() -> None:
        try:
            notebook.restart()
        except HttpError as error:
            answers.append(error)

    asking = threading.Thread(target=restart, daemon=True)
    asking.start()

    def restarts() -> bool:
        told = events.of("start", notebook.kernel_id)
        return bool(told) and (told[-1]["launch"], told[-1]["phase"]) == (2, "starting-python")

    until(restarts, "it starts again", 60)
    lasting.post(f"sparkk8s/api/kernels/{notebook.kernel_id}/cancel")
    assert namespace.drivers(notebook.kernel_id) == []
    asking.join(30)
    assert ["Start cancelled" in answer.body["message"] for answer in answers] == [True]
    until(lambda: events.phases(notebook.kernel_id)[-1] == "cancelled", "its end is told", 10)
    assert events.of("death", notebook.kernel_id) == []  # nothing has died
    assert lasting.get("api/kernels") == lasting.get("api/sessions") == []
    notebook.socket.close()


@pytest.mark.parametrize(("cut_s", "start_s"), [(4, 12), pytest.param(20, 60, marks=pytest.mark.long)])
def test_behind_a_proxy_that_cuts_requests_the_notebook_gets_its_kernel(
    start_server: Callable[..., JupyterServer], namespace: Namespace, image: str, cut_s: int, start_s: int
) -> None:
    server = start_server(access="port-forward", session="off", driver_pod_extra=sleeping(image, start_s))
    wanted = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel": {"name": "spark-k8s"}}
    headers = {"Authorization": f"token {server.token}"}
    cuts, session = 0, None
    with proxy_on_a_thread(server.port, "127.0.0.1") as proxy:
        proxy.of.idle_s = cut_s
        deadline = time.monotonic() + start_s + 120
        while session is None:
            assert time.monotonic() < deadline
            connection = http.client.HTTPConnection("127.0.0.1", proxy.of.port, timeout=60)
            try:
                connection.request("POST", "/api/sessions", json.dumps(wanted), headers)
                answer = connection.getresponse()
                session = json.loads(answer.read())
                assert answer.status == 201, session
            except (http.client.HTTPException, ConnectionError):
                cuts += 1  # what a client is shown as "504"; it asks again
            finally:
                connection.close()
    assert cuts >= 2
    (kernel,) = server.get("api/kernels")
    assert [each["id"] for each in server.get("api/sessions")] == [session["id"]]
    (pod,) = namespace.drivers(kernel["id"])
    notebook = Notebook(server, name="a.ipynb")  # opened again: the session that there is
    assert notebook.run("import socket; print(socket.gethostname())").strip() == pod["metadata"]["name"]
    notebook.close()
