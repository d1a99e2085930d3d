"""What an executor's pod tells of it, from pods that a real Kubernetes has described, renamed: they were drivers."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.kubernetes.deaths import _DISRUPTIONS
from jupyter_sparkk8s.kubernetes.driver_facts import driver_facts, epoch, source_in_words
from jupyter_sparkk8s.kubernetes.executor_states import executor_of, is_failed
from jupyter_sparkk8s.models.executor import Executor
from tests.pure.records import recorded
from tests.pure.specs import launch, settings


def pod_of(name: str) -> dict[str, Any]:
    """A recorded pod, as if it were an executor's."""
    pod: dict[str, Any] = recorded(name)["pod"]
    for containers in (pod["spec"]["containers"], pod.get("status", {}).get("containerStatuses", [])):
        for container in containers:
            container["name"] = container["name"].replace("driver", "executor")
    pod["metadata"].setdefault("labels", {})["spark-exec-id"] = "7"
    pod["metadata"]["creationTimestamp"] = "2026-11-21T09:00:00Z"
    return pod


def told(name: str, **metadata: Any) -> Executor:
    pod = pod_of(name)
    pod["metadata"].update(metadata)
    return executor_of(pod, recorded(name)["events"])


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("unschedulable-cpu", "pending", "too little cpu"),
        ("unschedulable-selector", "pending", "labels"),
        ("image-missing-later", "pending", "image"),
        ("image-pulling", "pending", "pulled"),
        ("claim-missing", "pending", "claim"),
        ("no-such-secret-variable", "pending", "Secret"),
        ("out-of-memory", "failed", "more memory than its pod has"),
        ("exit-at-once", "failed", "exit code"),
        ("evicted", "lost", "evicted"),
        ("running", "starting", ""),
    ],
)
def test_states_and_reasons(name: str, state: str, reason: str) -> None:
    executor = told(name)
    assert (executor.id, executor.state) == ("7", state)
    assert reason in (executor.reason or "")
    assert bool(executor.reason) == bool(reason)
    assert executor.started_at is not None


def test_one_that_is_let_go_has_not_failed() -> None:
    executor = told("running", deletionTimestamp="2026-11-21T10:00:00Z")
    assert (executor.state, executor.ended_at) == ("ended", epoch("2026-11-21T10:00:00Z"))


def test_one_whose_task_was_killed_for_memory_has_not_ended_of_that() -> None:
    """Kubernetes has a container's end for OOMKilled as soon as any process of it was, long before."""
    pod = pod_of("out-of-memory")
    assert "larger executors" in (executor_of(pod).next_step or "")
    pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] = 143
    assert executor_of(pod).reason == "It ended: signal 15 (SIGTERM), exit code 143."
    pod["metadata"]["deletionTimestamp"] = "2026-11-21T10:00:00Z"
    assert executor_of(pod).state == "ended"


def test_one_whose_heap_was_full_says_so() -> None:
    """Spark ends it with this code; its message is in the log alone."""
    pod = pod_of("out-of-memory")
    pod["status"]["containerStatuses"][0]["state"]["terminated"] |= {"exitCode": 52, "reason": "Error"}
    found = executor_of(pod)
    assert (found.state, found.reason) == ("failed", "Its JVM had no memory left.")
    assert "spark.executor.memory" in (found.next_step or "")


def test_what_helps_is_told_in_the_settings_of_executors_but_for_a_full_cluster() -> None:
    assert told("unschedulable-cpu").next_step is None
    assert "c.SparkK8s.image" in (told("image-missing-later").next_step or "")
    assert "c.SparkK8s.volumes" in (told("claim-missing").next_step or "")
    assert "executor_pod_extra" in (told("no-such-secret-variable").next_step or "")


def test_who_takes_an_executor_away_is_told() -> None:
    def lost(why: str, **status: str) -> Executor:
        pod = pod_of("running")
        disrupted = {"type": "DisruptionTarget", "status": "True", "reason": why, "message": "words"}
        pod["status"].update(status, conditions=[disrupted])
        return executor_of(pod)

    causes = {lost(reason).reason for reason in _DISRUPTIONS}
    assert len(causes) == len(_DISRUPTIONS)
    assert all(cause and cause.endswith(".") for cause in causes)
    assert "higher priority" in (lost("PreemptionByScheduler").reason or "")
    # A node that evicts a pod sets both.
    said = "Pod ephemeral local storage usage exceeds the total limit of containers 300Mi. "
    full = lost("TerminationByKubelet", reason="Evicted", message=said)
    assert (full.state, full.reason, full.said) == ("lost", "Kubernetes evicted it from its node.", said.strip())
    assert "ephemeral-storage" in (full.next_step or "")


def test_one_without_a_number_goes_by_its_pod() -> None:
    pod = pod_of("running")
    del pod["metadata"]["labels"]["spark-exec-id"]
    assert executor_of(pod).id == pod["metadata"]["name"]


def test_the_log_of_one_that_failed() -> None:
    pod = pod_of("exit-at-once")
    assert is_failed(pod)
    assert executor_of(pod, (), ("last", "words")).log == ("last", "words")
    assert not is_failed(pod_of("running"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"persistentVolumeClaim": {"claimName": "stars"}}, "claim stars"),
        ({"hostPath": {"path": "/data"}}, "the node's /data"),
        ({"nfs": {"server": "nfs.example.org", "path": "/x"}}, "NFS nfs.example.org:/x"),
        ({"emptyDir": {}}, "a directory of the pod's own"),
        ({"somethingNew": {"a": 1}}, "somethingNew"),
    ],
)
def test_where_a_volume_comes_from(source: dict[str, Any], words: str) -> None:
    assert source_in_words(source) == words


def test_what_is_told_of_a_driver() -> None:
    from jupyter_sparkk8s.config.resolve import resolve

    home = {
        "name": "home",
        "mountPath": "/home/x",
        "subPath": "anna",
        "persistentVolumeClaim": {"claimName": "homes"},
        "readOnly": {"driver": False, "executor": True},
    }
    spec = resolve(settings(volumes=[home], driver_memory="2Gi"), launch())
    before = driver_facts(spec, {})
    assert (before.node, before.started_at, before.memory_limit) == (None, None, 2 << 30)
    (mount,) = before.mounts
    assert (mount.path, mount.source, mount.read_only) == ("/home/x", "claim homes, folder anna", False)
    running = driver_facts(spec, recorded("running")["pod"])
    assert running.node
    assert running.why_no_ui is None
    off = resolve(settings(spark_conf={"spark.ui.enabled": "false"}), launch())
    assert "spark.ui.enabled" in (driver_facts(off, {}).why_no_ui or "")
    assert running.started_at is not None
