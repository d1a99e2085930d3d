"""Why a driver died, from what Kubernetes says of its pod: recorded objects, and conditions as its API documents them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.kubernetes.deaths import death_cause, node_is_lost
from jupyter_sparkk8s.models.exits import death_of_process
from jupyter_sparkk8s.provisioner.lives import Lives

RECORDED = Path(__file__).with_name("recorded")
LIMIT = {"containers": [{"name": "driver", "resources": {"limits": {"memory": "1Gi"}}}]}


def recorded(name: str) -> dict[str, Any]:
    pod: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())["pod"]
    return pod


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    state = {"terminated": {"exitCode": code, "reason": reason}}
    return {"metadata": {}, "spec": LIMIT, "status": {"containerStatuses": [{"name": "driver", "state": state}]}, **more}


def target(reason: str) -> dict[str, Any]:
    """A pod that is being deleted, with the condition that tells by whom."""
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "its words"}
    return {"metadata": {"deletionTimestamp": "2026-11-21T01:58:44Z"}, "status": {"conditions": [condition]}}


def test_out_of_memory_names_the_limit() -> None:
    pod = recorded("out-of-memory")
    cause = death_cause({**pod, "spec": LIMIT}, gone=False)
    assert cause.title == "The driver used more memory than its pod has (1Gi)."
    assert "OOMKilled" in cause.said
    assert "c.SparkK8s.driver_memory" in cause.next_step


def test_a_kernel_that_ends_after_its_jvm_was_killed_is_not_out_of_memory() -> None:
    """Kubernetes writes OOMKilled all the same."""
    assert death_cause(ended(0, "OOMKilled"), gone=False).title == "The kernel ended: exit code 0."
    assert death_cause(ended(3, "OOMKilled"), gone=False).title == "The kernel ended: exit code 3."


def test_an_eviction_says_what_was_too_much() -> None:
    cause = death_cause(recorded("evicted"), gone=False)
    assert cause.title == "Kubernetes evicted the driver's pod."
    assert cause.said == "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi."
    assert "ephemeral-storage" in cause.next_step


@pytest.mark.parametrize(
    ("reason", "words", "lost"),
    [
        ("EvictionByEvictionAPI", "evicted from its node, as for the node's maintenance", False),
        ("PreemptionByScheduler", "make room for one of higher priority", False),
        ("TerminationByKubelet", "The node ended the driver's pod", False),
        ("DeletionByTaintManager", "was lost, or is closed to it by a taint", True),
        ("DeletionByPodGC", "The node of the driver's pod is gone", True),
    ],
)
def test_a_deletion_by_the_system_says_by_whom(reason: str, words: str, lost: bool) -> None:
    cause = death_cause(target(reason), gone=False)
    assert words in cause.title
    assert cause.said == "its words"
    assert node_is_lost(target(reason)) is lost


def test_a_deletion_by_somebody() -> None:
    for pod, gone in ((ended(143, metadata={"deletionTimestamp": "x"}), False), (ended(137), True), ({}, True)):
        cause = death_cause(pod, gone=gone)
        assert cause.title == "The driver's pod was deleted."
        assert "audit log" in cause.next_step


def test_another_end_by_kubernetes_is_told_raw() -> None:
    cause = death_cause(recorded("deadline"), gone=False)
    assert cause.title == "Kubernetes ended the driver's pod."
    assert "DeadlineExceeded" in cause.said


def test_a_way_that_is_lost() -> None:
    cause = death_cause({"status": {"phase": "Running"}}, gone=False, lost="the pod refuses its port")
    assert (cause.title, cause.said) == ("The driver can't be reached any more.", "the pod refuses its port")


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (3, "The kernel ended: exit code 3."),
        (137, "The kernel was killed: signal 9 (SIGKILL), exit code 137."),
        (-9, "The kernel was killed: signal 9 (SIGKILL)."),
        (139, "The kernel crashed: signal 11 (SIGSEGV), exit code 139."),
    ],
)
def test_an_exit_code_in_words(code: int, title: str) -> None:
    assert death_of_process(code).title == title
    if code > 0:
        assert death_cause(ended(code), gone=False) == death_of_process(code)


def test_deaths_are_counted_by_cause_until_their_user_restarts() -> None:
    lives = Lives()
    memory, other = Cause("memory", "at noon", ""), Cause("other", "", "")
    assert [lives.of("k").count(cause) for cause in (memory, other, Cause("memory", "at one", ""))] == [1, 1, 2]
    lives.of("k").begin_anew()
    assert lives.of("k").count(memory) == 1


def test_kernels_that_are_long_gone_are_forgotten() -> None:
    lives = Lives()
    for number in range(500):
        lives.of(str(number))
        lives.of("kept")
    assert lives.get("kept") is not None
    assert lives.get("499") is not None
    assert lives.get("1") is None
