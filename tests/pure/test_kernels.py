"""Kernels and leftovers out of pod objects."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jupyter_sparkk8s.kubernetes.kernels import in_words, kernels, leftovers

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)


def pod(name: str, server: str = "a", role: str = "driver", age_s: int = 600, owner: str = "", **status: Any) -> dict[str, Any]:
    labels = {"jupyter-sparkk8s/role": role, "jupyter-sparkk8s/server": server, "jupyter-sparkk8s/kernel-id": "k"}
    born = (NOW - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    about: dict[str, Any] = {"name": name, "namespace": "n", "uid": f"uid-{name}", "labels": labels, "creationTimestamp": born}
    if owner:
        about["ownerReferences"] = [{"uid": f"uid-{owner}"}]
    return {"metadata": about, "status": {"phase": "Running", **status}}


def why(found: dict[str, Any], *more: dict[str, Any], **sets: set[str]) -> str:
    left = leftovers([found, *more], NOW, sets.get("ended", set()), sets.get("living", set()), sets.get("asked", set()))
    return " ".join(each.why for each in left if each.pod == found["metadata"]["name"])


def ended(age_s: int) -> dict[str, Any]:
    at = (NOW - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    state = {"terminated": {"exitCode": 1, "finishedAt": at}}
    return {"phase": "Failed", "containerStatuses": [{"name": "driver", "state": state}]}


@pytest.mark.parametrize(
    ("found", "sets", "reason"),
    [
        (pod("d"), {}, ""),
        (pod("d"), {"living": {"a"}}, ""),
        (pod("d"), {"ended": {"a"}}, "its Jupyter server a has ended"),
        (pod("d"), {"living": {"a"}, "asked": {"a"}}, "you asked for"),
        (pod("d", **ended(120)), {}, "its kernel has ended"),
        (pod("d", **ended(5)), {}, ""),
        (pod("d", **ended(120)), {"living": {"a"}}, ""),
        (pod("c", server="check-1", age_s=7200), {}, "check` that was killed"),
        (pod("c", server="check-1", age_s=60), {"ended": {"check-1"}}, ""),
        (pod("e", role="executor", owner="gone"), {}, "its driver's pod is gone"),
        (pod("e", role="executor", owner="gone", age_s=5), {}, ""),
        (pod("e", role="executor", owner="gone"), {"living": {"a"}}, ""),
    ],
)
def test_what_is_left_over(found: dict[str, Any], sets: dict[str, set[str]], reason: str) -> None:
    said = why(found, **sets)
    assert reason in said
    assert bool(said) is bool(reason)


def test_what_is_being_deleted_and_what_has_an_owner_is_left_alone() -> None:
    going = pod("d")
    going["metadata"]["deletionTimestamp"] = "2026-11-21T11:59:59Z"
    assert why(going, ended={"a"}) == ""
    assert why(pod("e", role="executor", owner="d"), pod("d")) == ""


def test_kernels_count_their_own_executors() -> None:
    executors = [pod(f"e{n}", role="executor", owner="young", phase=phase) for n, phase in enumerate(["Running", "Pending"])]
    check = pod("check", server="check-1")
    old, young = kernels([pod("young", age_s=5), check, pod("old", age_s=7500), *executors], NOW)
    assert (old.pod, old.executors_total, old.age_s) == ("old", 0, 7500)
    assert (young.pod, young.executors, young.executors_total) == ("young", 1, 2)


def test_ages() -> None:
    assert [in_words(seconds) for seconds in (5, 119, 120, 7199, 7200, 172800)] == ["5s", "119s", "2m", "119m", "2h", "2d"]
