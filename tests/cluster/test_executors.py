"""Executors are pods of the driver: owned by it alone, without rights, without keys, and it is they who run tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client

from tests.cluster.spark_pods import all_executors, last_line, launch_secret, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from tests.cluster.environment import Namespace

Pod = dict[str, Any]

# Runs in executors: where a task is, as whom, and everything of the launch that its pod can see.
LOOK = """
def look(_):
    import os, socket
    seen = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen.append(file.read().decode(errors="replace"))
            except OSError:
                pass
    files = {name for _, _, names in os.walk("/opt/sparkk8s", followlinks=True) for name in names}
    token = os.path.exists("/var/run/secrets/kubernetes.io")
    yield [socket.gethostname(), os.getuid(), os.getgid(), sorted(files), token, "\\n".join(seen)]
"""
# As many tasks as slots at the same time, so that one is on each executor.
BARRIER = """
from pyspark import BarrierTaskContext
def gather(_):
    import socket
    context = BarrierTaskContext.get()
    context.barrier()
    addresses = [info.address.rsplit(":", 1)[0] for info in context.getTaskInfos()]
    yield [socket.gethostname(), addresses[context.partitionId()]]
"""


@pytest.fixture(scope="module")
def executors(notebook: Notebook, namespace: Namespace) -> list[Pod]:
    """Both executor pods, as the API server has them, when both are at work."""
    notebook.run("sc", 280)
    return all_executors(notebook, namespace)


@pytest.fixture(scope="module")
def driver(notebook: Notebook, namespace: Namespace) -> Pod:
    (pod,) = namespace.drivers(notebook.kernel_id)
    return pod


@pytest.fixture(scope="module")
def secrets(namespace: Namespace, driver: Pod) -> dict[str, str]:
    """Every secret word of a launch."""
    files = launch_secret(namespace, driver["metadata"]["name"])
    connection = json.loads(files["connection.json"])
    words = {name: files[name] for name in ("spark.secret", "relay.token")}
    words |= {name: connection[name] for name in ("key", "curve_secretkey")}
    assert min(map(len, words.values())) >= 32
    return words


def test_the_driver_pod_is_their_only_owner(executors: list[Pod], driver: Pod, namespace: Namespace) -> None:
    for pod in executors:
        (owner,) = pod["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("Pod", driver["metadata"]["name"], driver["metadata"]["uid"])
        assert pod["metadata"]["namespace"] == namespace.name
        assert [container["name"] for container in pod["spec"]["containers"]] == ["executor"]


def test_they_carry_our_labels(executors: list[Pod], driver: Pod, notebook: Notebook) -> None:
    for pod in executors:
        found = {key: text for key, text in pod["metadata"]["labels"].items() if key.startswith("jupyter-sparkk8s/")}
        ours = {key: text for key, text in driver["metadata"]["labels"].items() if key.startswith("jupyter-sparkk8s/")}
        assert found == ours | {"jupyter-sparkk8s/role": "executor"}
        assert found["jupyter-sparkk8s/kernel-id"] == notebook.kernel_id


def test_their_account_may_do_nothing(executors: list[Pod], driver: Pod, namespace: Namespace) -> None:
    def may(pod: Pod, verb: str, resource: str) -> bool:
        account = f"system:serviceaccount:{namespace.name}:{pod['spec']['serviceAccountName']}"
        asked = {"namespace": namespace.name, "verb": verb, "resource": resource}
        body = {"spec": {"user": account, "resourceAttributes": asked}}
        return bool(client.AuthorizationV1Api().create_subject_access_review(body).status.allowed)

    questions = [("list", "pods"), ("create", "pods"), ("delete", "pods"), ("get", "secrets"), ("list", "secrets")]
    assert [may(driver, *question) for question in questions] == [True, True, True, False, False]
    for pod in executors:
        assert not any(may(pod, *question) for question in questions)
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert not [volume for volume in pod["spec"]["volumes"] if "projected" in volume]


def test_tasks_run_in_them_as_an_ordinary_user_and_see_no_keys(
    notebook: Notebook, executors: list[Pod], secrets: dict[str, str]
) -> None:
    found = last_line(notebook, "sc.parallelize(range(2), 2).barrier().mapPartitions(look).collect()", LOOK)
    assert {host for host, *_ in found} == {pod["metadata"]["name"] for pod in executors}
    for _, uid, gid, files, token, processes in found:
        assert (uid, gid) == (185, 185)
        assert files == ["executor.py", "group", "installed.py", "passwd", "spark.secret"]
        assert not token
        assert "KubernetesExecutorBackend" in processes
        assert [name for name, word in secrets.items() if word in processes] == []


def test_no_secret_is_in_a_pod_object(executors: list[Pod], driver: Pod, secrets: dict[str, str]) -> None:
    for pod in (driver, *executors):
        text = json.dumps(pod)
        assert [name for name, word in secrets.items() if word in text] == []
        assert "_SPARK_AUTH_SECRET" not in text


def test_tasks_are_where_kubernetes_says_that_executors_are(notebook: Notebook, executors: list[Pod], driver: Pod) -> None:
    found = last_line(notebook, "sc.parallelize(range(2), 2).barrier().mapPartitions(gather).collect()", BARRIER)
    assert {tuple(task) for task in found} == {(pod["metadata"]["name"], pod["status"]["podIP"]) for pod in executors}
    known = last_line(notebook, "sorted(info.host() for info in sc._jsc.sc().statusTracker().getExecutorInfos())")
    assert known == sorted(pod["status"]["podIP"] for pod in (driver, *executors))


def test_they_end_with_the_driver_pod(notebook: Notebook, namespace: Namespace) -> None:
    other = Notebook(notebook.server)
    try:
        other.run("sc", 280)
        (driver,) = namespace.drivers(other.kernel_id)
        all_executors(other, namespace)
        assert {kind for kind, _ in owned(namespace, driver)} == {"pods", "secrets", "config_maps"}
    finally:
        other.close()
    until(lambda: not namespace.drivers(other.kernel_id), "the driver pod is gone", 20)
    until(lambda: not owned(namespace, driver), "everything that it owned is gone", 40)
    assert not namespace.executors(other.kernel_id)


def owned(namespace: Namespace, driver: Pod) -> list[tuple[str, str]]:
    """Kind and name of all objects in the namespace that a driver pod owns."""
    found = []
    for kind in ("pods", "secrets", "config_maps", "services", "persistent_volume_claims"):
        answer = getattr(namespace.core, f"list_namespaced_{kind.removesuffix('s')}")(namespace.name)
        found += [
            (kind, item.metadata.name)
            for item in answer.items
            if driver["metadata"]["uid"] in {owner.uid for owner in item.metadata.owner_references or []}
        ]
    return found
