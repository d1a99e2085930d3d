"""What a launch asks of Kubernetes and what it makes there: one Pod, one Secret, few requests, one watch."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.models import layout
from tests.cluster.audit import Audit
from tests.cluster.environment import SERVER_ACCOUNT, Namespace
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import JupyterServer

MOST_REQUESTS = 4


@pytest.mark.parametrize("access", ["direct", "port-forward"])
def test_a_launch_is_few_requests_and_none_of_them_a_poll(
    access: str, start_server: Callable[..., JupyterServer], namespace: Namespace, cluster: dict[str, Any]
) -> None:
    server = start_server(access=access, session="off")
    audit = Audit(Path(cluster["audit_log"]), f"system:serviceaccount:{namespace.name}:{SERVER_ACCOUNT}")
    notebook = Notebook(server)
    assert notebook.run("print(1)") == "1\n"
    time.sleep(1)  # a poll would show by now
    asked = audit.requests()
    assert len(asked) <= MOST_REQUESTS, asked
    assert Counter(asked)["create pods"] == Counter(asked)["create secrets"] == Counter(asked)["watch pods"] == 1
    assert not [request for request in asked if request.startswith(("get pods", "list"))] or access == "port-forward"
    notebook.close()
    server.stop()


def test_five_kernels_share_one_watch_that_ends_with_the_last(
    start_server: Callable[..., JupyterServer], namespace: Namespace, cluster: dict[str, Any]
) -> None:
    server = start_server(access="direct", session="off")
    audit = Audit(Path(cluster["audit_log"]), f"system:serviceaccount:{namespace.name}:{SERVER_ACCOUNT}")
    with ThreadPoolExecutor(5) as pool:
        notebooks = list(pool.map(lambda _: Notebook(server), range(5)))
        assert Counter(audit.requests())["watch pods"] == 1
        list(pool.map(Notebook.close, notebooks))
    again = Notebook(server)
    assert Counter(audit.requests())["watch pods"] == 2
    again.close()
    server.stop()


def test_one_pod_and_one_secret_with_our_labels_and_the_pod_as_owner(server: JupyterServer, namespace: Namespace) -> None:
    before = {item["metadata"]["name"] for item in namespace.secrets()}
    notebook = Notebook(server)
    (pod,) = namespace.drivers(notebook.kernel_id)
    (secret,) = [item for item in namespace.secrets() if item["metadata"]["name"] not in before]
    labels = pod["metadata"]["labels"]
    assert labels["jupyter-sparkk8s/role"] == "driver"
    assert {"jupyter-sparkk8s/user", "jupyter-sparkk8s/server"} <= labels.keys()
    assert [container["name"] for container in pod["spec"]["containers"]] == ["driver"]
    (owner,) = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Pod", pod["metadata"]["uid"])
    assert pod["spec"]["restartPolicy"] == "Never"
    notebook.close()


def test_both_ways_to_start_a_kernel_give_the_same(
    start_server: Callable[..., JupyterServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session's request brings the server's whole environment and a folder of the server's, a bare kernel's neither."""
    monkeypatch.setenv("OF_THE_SERVER", "1")
    monkeypatch.setenv("FOR_KERNELS", "2")
    server = start_server(session="off", env_allow=["FOR_KERNELS"])

    def keys() -> set[str]:
        files = (server.folder / "runtime").glob("kernel-*.json")
        return {json.loads(file.read_text())["curve_secretkey"] for file in files}

    of_a_session = Notebook(server)
    bare = Notebook(server, kernel_id=server.post("api/kernels", {"name": "spark-k8s"})["id"])
    code = "import json, os; print(json.dumps([*map(os.environ.get, ('OF_THE_SERVER', 'FOR_KERNELS')), os.getcwd()]))"
    for notebook in (of_a_session, bare):
        assert json.loads(notebook.run(code)) == [None, "2", layout.HOME]
    before = keys()
    assert len(before) == 2
    bare.restart()
    assert bare.run("print('there')") == of_a_session.run("print('there')") == "there\n"
    assert len(keys() - before) == 1
    for notebook in (of_a_session, bare):
        notebook.close()
    server.stop()


def test_deleting_the_pod_by_hand_deletes_the_secret_and_the_kernel_starts_anew(
    server: JupyterServer, namespace: Namespace
) -> None:
    notebook = Notebook(server)
    (pod,) = namespace.drivers(notebook.kernel_id)
    begun = time.monotonic()
    namespace.core.delete_namespaced_pod(pod["metadata"]["name"], namespace.name)
    while namespace.pod(pod["metadata"]["name"]) is not None:
        time.sleep(0.05)
    assert time.monotonic() - begun < 5
    until = time.monotonic() + 30
    while pod["metadata"]["name"] in {item["metadata"]["name"] for item in namespace.secrets()}:
        assert time.monotonic() < until
        time.sleep(0.1)
    while not [p for p in namespace.drivers(notebook.kernel_id) if p["status"]["phase"] == "Running"]:
        assert time.monotonic() < until, "the restarter did not bring the kernel back"
        time.sleep(0.1)
    notebook.socket.close()
    notebook.socket = notebook.connect()
    assert notebook.run("print('back')") == "back\n"
    notebook.close()
