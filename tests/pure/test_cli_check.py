"""The check's lines, out of what Kubernetes and the test pods say."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.cli.check import findings
from jupyter_sparkk8s.cli.check.line import Verdict, wrong
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.causes import refusal
from jupyter_sparkk8s.kubernetes.policy import WORDS
from jupyter_sparkk8s.kubernetes.probes import probe_driver, probe_executor, probe_secret, probe_stranger

from .pod_security import violations
from .specs import launch, settings

VOLUME = {"name": "data", "mountPath": "/data", "persistentVolumeClaim": {"claimName": "data"}, "readOnly": {"executor": True}}
SPEC = resolve(settings(volumes=[VOLUME]), launch())
GOOD = {"Python": "3.11.2", "ipykernel": "7.4.0", "pyspark": "4.3.0", "Java": "17.0.1"}


def claim(phase: str = "Bound", modes: tuple[str, ...] = ("ReadWriteMany",), **metadata: str) -> dict[str, Any]:
    return {"metadata": {"name": "data", **metadata}, "spec": {"accessModes": list(modes)}, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("found", "read_only", "verdict", "said"),
    [
        (claim(), False, "ok", "Bound, ReadWriteMany"),
        (claim(modes=("ReadOnlyMany",)), True, "ok", "Bound, ReadOnlyMany"),
        (claim(modes=("ReadOnlyMany",)), False, "wrong", "is not readOnly"),
        (claim(modes=("ReadWriteOnce",)), False, "wrong", "driver and executors are several"),
        (claim(modes=("ReadWriteOncePod",)), True, "wrong", "driver and executors are several"),
        (claim("Pending"), False, "wrong", "is Pending, not Bound"),
        (claim(deletionTimestamp="2026-11-21T12:00:00Z"), False, "wrong", "is being deleted"),
        (None, False, "wrong", "does not exist"),
    ],
)
def test_a_claim(found: dict[str, Any] | None, read_only: bool, verdict: str, said: str) -> None:
    line = findings.claim("data", found, read_only)
    assert (line.verdict.value, said in line.said) == (verdict, True), line
    assert bool(line.next_step) is (verdict != "ok")


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (GOOD, ""),
        ({key: value for key, value in GOOD.items() if key != "ipykernel"}, "no ipykernel"),
        (GOOD | {"ipykernel": "6.29.5"}, "ipykernel too old"),
        (GOOD | {"pyspark": "3.4.1"}, "pyspark too old"),
        ({"Python": "3.12.1"}, "no ipykernel, no pyspark, no Java"),
    ],
)
def test_an_image(versions: dict[str, str], said: str) -> None:
    line = findings.image({"versions": versions}, "spark:4")
    assert line.verdict is (Verdict.WRONG if said else Verdict.OK)
    assert said in line.said


def test_images_that_differ() -> None:
    other = GOOD | {"Python": "3.12.9"}
    assert findings.same_image({"versions": GOOD}, {"versions": GOOD | {"Python": "3.11.9"}}) == []
    (line,) = findings.same_image({"versions": GOOD}, {"versions": other})
    assert "Python 3.11" in line.said
    assert "3.12" in line.said


@pytest.mark.parametrize(
    ("role", "seen", "verdict"),
    [
        ("driver", "write", Verdict.OK),
        ("driver", "read", Verdict.UNKNOWN),
        ("executor", "read", Verdict.OK),
        ("executor", "[Errno 13] Permission denied: '/data'", Verdict.WRONG),
        ("driver", "It does not answer within 10 s.", Verdict.WRONG),
    ],
)
def test_a_volume(role: str, seen: str, verdict: Verdict) -> None:
    (line,) = findings.mounts(role, {"mounts": {"/data": seen}}, SPEC)
    assert line.verdict is verdict


def quota(hard: dict[str, str], used: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"name": "q"}, "status": {"hard": hard, "used": used}}


def test_a_quota() -> None:
    count = SPEC.executor_instances
    assert findings.quota([], SPEC).said == "the namespace has none"
    assert findings.quota([quota({"pods": str(count + 2)}, {"pods": "1"})], SPEC).verdict is Verdict.OK
    line = findings.quota([quota({"pods": str(count + 1)}, {"pods": "1"})], SPEC)
    assert "no room for a driver and 2 executors (pods: 1 of 3 used)" in line.said
    assert findings.quota([quota({"requests.cpu": "1"}, {})], SPEC).verdict is Verdict.WRONG
    assert findings.quota([quota({"limits.memory": "900Gi", "odd": "1e3"}, {})], SPEC).verdict is Verdict.OK


def test_rights() -> None:
    assert findings.rights("drivers", [], 12, "spark").said == "all 12 of the printed Role"
    line = findings.rights("drivers", ["create pods"], 12, "spark")
    assert line.said == "may not create pods in namespace spark."
    none = findings.rights("drivers", ["create pods"], 1, "spark")
    assert "kubectl create namespace spark" in none.next_step


def test_the_policy_and_executors() -> None:
    refused = f"pods is forbidden: ValidatingAdmissionPolicy 'x' denied request: {WORDS} change only"
    assert findings.policy({"unowned": refused}, True, SPEC).verdict is Verdict.OK
    assert findings.policy({"unowned": ""}, False, SPEC).verdict is Verdict.OK
    assert findings.policy({"unowned": ""}, True, SPEC).verdict is Verdict.WRONG
    assert findings.policy({"unowned": "exceeded quota"}, True, SPEC).verdict is Verdict.UNKNOWN
    assert "printed for other settings" in findings.executor_refused(refused).next_step
    well = findings.executor({"called": "", "token": False})
    assert [line.verdict for line in well] == [Verdict.OK, Verdict.OK]
    assert [line.verdict for line in findings.executor({"called": "timed out", "token": True})] == [Verdict.WRONG] * 2


def test_network_policies_are_unknown_unless_tried() -> None:
    assert findings.stranger(None, "spark").verdict is Verdict.UNKNOWN
    assert findings.stranger({"called": "timed out"}, "spark").verdict is Verdict.OK
    assert findings.stranger({"called": ""}, "spark").verdict is Verdict.UNKNOWN


def test_a_refused_pod_names_the_system_s_words() -> None:
    error = refusal(403, {"reason": "Forbidden", "message": 'pods "x" is forbidden: exceeded quota: q, requested: pods=1'})
    (line,) = findings.admission("driver", error)
    assert line.verdict is Verdict.WRONG
    assert "exceeded quota: q" in line.said


def test_a_line_is_one_line_and_its_next_step() -> None:
    text = wrong("claim data", "does\nnot exist.", "Create it.").text()
    assert text == "wrong    claim data: does not exist.\n         → Create it."


def test_the_test_pods_are_those_of_a_kernel() -> None:
    files = {"start.py": "probe", "passwd": "", "group": ""}
    driver = probe_driver(SPEC, files, 60)
    secret = probe_secret(SPEC, files, "uid-1", 60)
    executor = probe_executor(SPEC, "executor", "uid-1")
    stranger = probe_stranger(SPEC, "uid-1", "10.0.0.1:1")
    for pod in (driver, executor, stranger):
        assert violations(pod) == []
        items = [item for volume in pod["spec"]["volumes"] for item in volume.get("secret", {}).get("items", [])]
        assert items
        assert {item["key"] for item in items} <= set(secret["stringData"])
    assert secret["stringData"]["executor.py"] == "probe"
    assert executor["metadata"]["ownerReferences"] == secret["metadata"]["ownerReferences"]
    assert "jupyter-sparkk8s/role" not in stranger["metadata"]["labels"]
    assert driver["spec"]["activeDeadlineSeconds"] == 60
