"""How far a start is: what people see while they wait, from recorded pods."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.kubernetes.causes import Seen, start_trouble
from jupyter_sparkk8s.kubernetes.causes.starts import taken_away, too_slow
from jupyter_sparkk8s.kubernetes.phase import start_phase
from jupyter_sparkk8s.models.phase import Phase, StartPhase
from tests.pure.records import GRACE_S, seen

NODE = "sparkk8s-node"


def phase(found: Seen) -> StartPhase:
    return start_phase(found, start_trouble(found, GRACE_S))


@pytest.mark.parametrize(
    ("name", "step", "node", "waits"),
    [
        ("running", Phase.STARTING_PYTHON, NODE, ""),
        ("init-done", Phase.STARTING_PYTHON, NODE, ""),
        ("image-pulling", Phase.PULLING, NODE, ""),
        ("mount-healed-image-pulling", Phase.PULLING, NODE, ""),
        ("image-busy-later", Phase.PULLING, NODE, "The registry does not give the image localhost:5099/busy:1 for now."),
        ("mount-no-driver", Phase.MOUNTING, NODE, "The volume launch: the node has no storage driver cephfs.csi.ceph.com."),
        ("unschedulable-cpu", Phase.QUEUED, "", "No node can take the pod: there is too little cpu (the pod asks for 1000)."),
        ("gated", Phase.QUEUED, "", "The pod waits for its turn: kueue.x-k8s.io/admission has not let it through."),
        (
            "claim-waits-for-its-pod",
            Phase.QUEUED,
            "",
            "The claim gaia has no volume yet: storage class sparkk8s-recording makes one when a pod needs it.",
        ),
    ],
)
def test_a_step(name: str, step: Phase, node: str, waits: str) -> None:
    found = phase(seen(name))
    assert (found.phase, found.node, found.waits) == (step, node, waits)
    assert bool(found.said) == bool(waits)


@pytest.mark.parametrize(
    ("pod", "step"),
    [
        ({}, Phase.CREATED),
        ({"spec": {"nodeName": "n"}}, Phase.SCHEDULED),
        (
            {"spec": {"nodeName": "n"}, "status": {"conditions": [{"type": "PodReadyToStartContainers", "status": "False"}]}},
            Phase.MOUNTING,
        ),
    ],
)
def test_a_step_before_anybody_has_said_much(pod: dict[str, Any], step: Phase) -> None:
    assert phase(Seen(pod)).phase is step


def test_what_others_of_the_pod_have_to_do_first() -> None:
    """A container that runs before the kernel's, and those who may not exist."""
    before = {"name": "prepare", "state": {"running": {}}}
    driver = {"name": "driver", "state": {"waiting": {"reason": "PodInitializing"}}}
    status = {"initContainerStatuses": [before], "containerStatuses": [driver]}
    found = phase(Seen({"spec": {"nodeName": "n"}, "status": status}))
    assert (found.phase, found.waits) == (
        Phase.MOUNTING,
        "The container prepare, which runs before the kernel's, has not ended yet.",
    )
    found = phase(Seen({"spec": {"schedulerName": "volcano"}}))
    assert (found.phase, found.waits) == (Phase.QUEUED, "The scheduler volcano, which the pod asks for, has said nothing yet.")
    found = phase(Seen({"spec": {"nodeName": "nowhere"}, "status": {"phase": "Pending", "qosClass": "Burstable"}}))
    assert (found.phase, found.waits) == (Phase.SCHEDULED, "The node nowhere, which the pod asks for, has not taken it yet.")
    found = phase(Seen({"spec": {"resourceClaims": [{"name": "gpu", "resourceClaimName": "mine"}]}}))
    assert (found.phase, found.waits) == (
        Phase.QUEUED,
        "The pod waits for the resource claim mine, which does not exist, most likely.",
    )


def test_what_is_not_known_is_told_raw() -> None:
    about = {"kind": "Pod", "name": "p"}
    strange = {"type": "Warning", "reason": "Strange", "message": "raw words", "involvedObject": about, "lastTimestamp": "2"}
    fine = {"type": "Normal", "reason": "Fine", "message": "all is well", "involvedObject": about, "lastTimestamp": "3"}
    pod = {"metadata": {"name": "p"}, "spec": {"nodeName": "n"}}
    found = phase(Seen(pod, [strange]))
    assert found == StartPhase(Phase.SCHEDULED, "raw words", "n")
    assert phase(Seen(pod, [fine, strange])).said == ""
    late = too_slow(9, found, None)
    assert (late.title, late.said) == (
        "The kernel did not start within 9 s. The node n had not begun with its pod.",
        "raw words",
    )


def test_a_start_that_takes_too_long_names_what_it_waited_for() -> None:
    waited = StartPhase(Phase.PULLING, "raw words")
    assert too_slow(120, waited, None).title == "The kernel did not start within 120 s. Its image was still being pulled."
    known = too_slow(0.5, waited, Cause("The claim gaia has no volume yet.", "said", "step"))
    assert known == Cause("The kernel did not start within 0.5 s. The claim gaia has no volume yet.", "said", "step")


def test_a_pod_that_is_taken_away_while_it_starts() -> None:
    assert taken_away({}).until_s == 0
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "for another"}
    cause = taken_away({"status": {"conditions": [condition]}}).cause
    assert (cause.title, cause.said) == ("The driver's pod had to make room for one of higher priority.", "for another")
