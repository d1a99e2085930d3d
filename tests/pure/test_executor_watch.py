"""What is read from executor pods, and from Spark's log, for the notebook to be told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files.executor_watch import Teller, failure, obstacle, refusal


def container(**state: Any) -> dict[str, Any]:
    return {"status": {"phase": "Pending", "containerStatuses": [{"name": "executor", "image": "x:1", "state": state}]}}


def test_an_executor_that_left_a_sentence() -> None:
    assert failure(container(terminated={"exitCode": 78, "message": "No Java."})) == "Executors end at once. No Java."
    assert failure(container(terminated={"exitCode": 1, "message": "No Java."})) is None
    assert failure(container(running={})) is None
    assert failure({}) is None


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}


@pytest.mark.parametrize(
    ("pod", "found"),
    [
        (
            container(waiting={"reason": "ImagePullBackOff", "message": "back-off"}),
            ("image", "The executors' image can't be had (x:1): ImagePullBackOff: back-off"),
        ),
        (
            container(waiting={"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}),
            (
                "CreateContainerConfigError",
                "The executors' container can't be started: CreateContainerConfigError: secret \"s\" not found",
            ),
        ),
        (
            {"status": {"conditions": [UNSCHEDULABLE]}},
            ("unschedulable", "No node can take an executor: 0/1 nodes are available"),
        ),
        ({"status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}}, None),
        (container(waiting={"reason": "ContainerCreating"}), None),
        ({}, None),
    ],
    ids=["image", "secret", "unschedulable", "scheduled", "creating", "new"],
)
def test_why_an_executor_does_not_start(pod: dict[str, Any], found: tuple[str, str] | None) -> None:
    assert obstacle(pod) == found


def test_a_refusal_in_spark_s_log() -> None:
    said = 'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    log = (
        f"WARN x\nKubernetesClientException: Failure executing: POST at: https://h/pods. Message: {said}. Received status: S\n"
    )
    assert refusal(log) == said
    assert refusal("WARN nothing of the kind\n") is None


def test_what_is_told_while_no_cell_runs_comes_with_the_next_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    events: dict[str, Any] = {}
    teller = Teller(SimpleNamespace(events=SimpleNamespace(register=events.__setitem__)), lambda: None)
    teller.tell("a", "first")
    teller.tell("a", "again")
    assert capsys.readouterr().err == ""
    events["pre_run_cell"](None)
    assert capsys.readouterr().err == "first\n"
    teller.tell("b", "second")
    assert capsys.readouterr().err == "second\n"
    events["post_run_cell"](None)
    events["pre_run_cell"](None)
    assert capsys.readouterr().err == ""
