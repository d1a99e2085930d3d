"""What is read from executor pods, and from Spark's log, for the notebook to be told."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files.executor_watch import ExecutorWatch, advice, delay, failure, obstacle, refusals
from jupyter_sparkk8s.spark.launch_files.session import Session
from jupyter_sparkk8s.spark.launch_files.teller import Teller, wait_for_session


def container(**state: Any) -> dict[str, Any]:
    return {"status": {"phase": "Pending", "containerStatuses": [{"name": "executor", "image": "x:1", "state": state}]}}


def test_an_executor_that_left_a_sentence() -> None:
    found = failure(container(terminated={"exitCode": 78, "message": "No Java."}))
    assert found == ("Executors end at once. No Java.",) * 2
    assert failure(container(terminated={"exitCode": 1, "message": "No Java."})) is None
    assert failure(container(running={})) is None
    assert failure({}) is None


def test_an_executor_that_was_ended() -> None:
    killed = container(terminated={"exitCode": 137, "reason": "OOMKilled"})
    found = failure(killed)
    assert found is not None
    assert "more memory than its pod has" in found[1]
    assert failure({**killed, "metadata": {"deletionTimestamp": "x"}}) is None, "Spark lets it go"
    full = failure(container(terminated={"exitCode": 52, "reason": "Error"}))
    assert full is not None
    assert "spark.executor.memory" in full[1]
    evicted = failure({"status": {"phase": "Failed", "reason": "Evicted", "message": "too much disk"}})
    assert evicted is not None
    assert evicted[1].startswith("Kubernetes has ended an executor: Evicted: too much disk\n")


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


def test_what_takes_long_to_be_created_is_told_later() -> None:
    assert delay(container(running={})) is None
    found = delay({**container(waiting={"reason": "ContainerCreating"}), "spec": {"nodeName": "n1"}})
    assert found is not None
    assert "waits on node n1" in found[1]


def test_a_refusal_in_spark_s_log() -> None:
    said = 'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    log = (
        f"WARN x\nKubernetesClientException: Failure executing: POST at: https://h/pods. Message: {said}. Received status: S\n"
    )
    assert list(refusals(log).values()) == [said]
    assert refusals("WARN nothing of the kind\n") == {}


def test_a_right_that_is_taken_away_is_a_refusal() -> None:
    said = 'pods is forbidden: User "system:serviceaccount:n:spark-driver" cannot list resource "pods" in API group ""'
    asked = "Failure executing: GET at: https://10.1.0.1:443/api/v1/namespaces/n/pods?labelSelector=spark-role%3Dexecutor."
    assert list(refusals(f"{asked} Message: {said}. Received status: Status(code=403)\n").values()) == [said]
    assert refusals(f"{asked} Message: Unauthorized. Received status: Status(code=401)\n") == {}


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ('pods "x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4', "fewer or smaller"),
        ('pods "x" is forbidden: maximum memory usage per Container is 2Gi, but limit is 2560Mi', "fewer or smaller"),
        ("No node can take an executor: 0/1 nodes are available: 1 Insufficient memory.", "fewer or smaller"),
        ("The node was low on resource: ephemeral-storage.", "fewer or smaller"),
        ('pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "n"', "sparkk8s rbac"),
        ("The executors' image can't be had (x:1): ImagePullBackOff: back-off", "Correct the setting, or show this"),
        ('admission webhook "images.example.org" denied the request: no', "Correct the setting, or show this"),
    ],
)
def test_the_advice_fits_what_is_said(said: str, helps: str) -> None:
    assert helps in advice(said)
    assert "administrator" in advice(said)


def test_refusals_are_told_once_for_each_cause() -> None:
    """The names of the pods differ, and so does what a quota has counted."""
    quota = 'pods "x-exec-{0}" is forbidden: exceeded quota: q, requested: pods=1, used: pods={0}, limited: pods=9'
    hook = 'admission webhook "cost.example" denied the request: no cost centre'
    log = "".join(
        f"io.fabric8.X: Failure executing: POST at: https://h/pods. Message: {text}. Received status: S\n"
        for text in (quota.format(1), hook, quota.format(2))
    )
    assert sorted(refusals(log).values()) == sorted([quota.format(2), hook])


def test_what_is_told_while_no_cell_runs_comes_with_the_next_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    events: dict[str, Any] = {}
    teller = Teller(SimpleNamespace(events=SimpleNamespace(register=events.__setitem__)))
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


def test_what_holds_again_after_it_has_healed_is_told_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events: dict[str, Any] = {}
    teller = Teller(SimpleNamespace(events=SimpleNamespace(register=events.__setitem__)))
    events["pre_run_cell"](None)
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(100):  # it is seen all the time
        teller.tell("quota", "refused")
        now += 3
    assert capsys.readouterr().err == "refused\n"
    now += 60
    teller.tell("quota", "refused again")
    assert capsys.readouterr().err == "refused again\n"
    teller.tell("memory", "ended", 600)
    now += 300
    teller.tell("memory", "ended", 600)
    assert capsys.readouterr().err == "ended\n"


def test_a_refusal_is_kept_for_the_server_with_its_time_and_its_first_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "refused"
    monkeypatch.setenv("SPARKK8S_REFUSED", str(kept))
    watch = ExecutorWatch(lambda *_: None, lambda *_: None, "", "")
    watch._note("limit", 'pods "x-exec-1" is forbidden')
    os.utime(kept, (1, 1))
    watch._note("limit", 'pods "x-exec-2" is forbidden')
    assert kept.read_text() == 'pods "x-exec-1" is forbidden', "the panel shows it: a word that changes is no news"
    assert kept.stat().st_mtime > 1
    watch._note("quota", "exceeded quota")
    assert kept.read_text() == "exceeded quota"


class Slow(Session):
    """A session that a moment's work makes."""

    def _make(self) -> None:
        time.sleep(0.4)
        self._done.set()

    def hand_over(self) -> None:
        """Nothing: there is no Spark."""


def test_where_the_user_has_made_a_session_nothing_told_is_held_back_or_cleared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Slow(None)
    monkeypatch.setitem(sys.modules, "_sparkk8s_session", SimpleNamespace(_session=session))
    telling = threading.Thread(target=wait_for_session, daemon=True)
    telling.start()
    telling.join(60)
    assert not telling.is_alive(), "nobody has asked for the session"
    context = SimpleNamespace(_active_spark_context=object())
    monkeypatch.setitem(sys.modules, "pyspark", SimpleNamespace(SparkContext=context))
    session.wait()
    assert capsys.readouterr() == ("", ""), "what is said here, with all that was told before, is cleared"
