"""Pods that no node takes: which resource, place or claim it is, and how long that may heal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_sparkk8s.kubernetes.causes import Seen, start_trouble
from jupyter_sparkk8s.kubernetes.causes.claims import only_one_pod
from tests.pure.records import ADMIN, GRACE_S, MINUTE_S, NEVER, failure, recorded, seen

NO_NODE = "No node can take the pod: "
HEAD = "0/1 nodes are available: "
CLAIM = "Correct c.SparkK8s.volumes, or have the claim mended."

WAITING = {
    # name: (seconds until it is a failure, title, how Kubernetes' own words begin)
    "unschedulable-cpu": (GRACE_S, f"{NO_NODE}there is too little cpu (the pod asks for 1000).", HEAD + "1 Insufficient cpu."),
    "unschedulable-memory": (
        GRACE_S,
        f"{NO_NODE}there is too little memory (the pod asks for 900Gi).",
        HEAD + "1 Insufficient memory.",
    ),
    "unschedulable-gpu": (
        GRACE_S,
        f"{NO_NODE}there is too little nvidia.com/gpu (the pod asks for 1).",
        HEAD + "1 Insufficient nvidia.com/gpu.",
    ),
    "unschedulable-selector": (
        GRACE_S,
        f"{NO_NODE}no node has the labels that the pod asks for (disk=fast).",
        HEAD + "1 node(s) didn't match Pod's node affinity/selector.",
    ),
    "unschedulable-affinity": (
        GRACE_S,
        f"{NO_NODE}no node has the labels that the pod asks for.",
        HEAD + "1 node(s) didn't match Pod's node affinity/selector.",
    ),
    "unschedulable-port": (
        GRACE_S,
        f"{NO_NODE}a port of the node that the pod asks for is taken.",
        HEAD + "1 node(s) didn't have",
    ),
    "unschedulable-spread": (
        GRACE_S,
        f"{NO_NODE}the rules by which pods are spread over nodes can't be kept.",
        HEAD + "1 node(s) didn't match pod topology spread",
    ),
    "gated": (
        NEVER,
        "The pod waits for its turn: kueue.x-k8s.io/admission has not let it through.",
        "Scheduling is blocked due to non-empty scheduling gates",
    ),
    "claim-missing": (0, "The claim gaia does not exist.", HEAD + 'persistentvolumeclaim "gaia" not found.'),
    "claim-pending": (
        GRACE_S,
        "The claim gaia has no volume yet, and there is none that it could take.",
        "no persistent volumes available for this claim and no storage class is set",
    ),
    "claim-no-class": (
        0,
        "The claim gaia asks for the storage class no-such-class, which does not exist.",
        'storageclass.storage.k8s.io "no-such-class" not found',
    ),
    "claim-no-provisioner": (
        MINUTE_S,
        "The claim gaia has no volume yet: storage class sparkk8s-recording is to make one.",
        "Waiting for a volume to be created either by the external provisioner 'example.org/nobody'",
    ),
    "claim-waits-for-its-pod": (
        NEVER,
        "The claim gaia has no volume yet: storage class sparkk8s-recording makes one when a pod needs it.",
        "Waiting for a volume to be created either by the external provisioner 'example.org/nobody'",
    ),
    "claim-mode": (
        0,
        "The claim gaia does not fit its volume sparkk8s-recording: it asks for the access mode ReadWriteMany.",
        'Cannot bind to requested volume "sparkk8s-recording": incompatible accessMode',
    ),
    "claim-of-no-volume": (
        GRACE_S,
        "The claim gaia has no volume yet: no-such-volume, which it names, is not there or not free.",
        HEAD + "pod has unbound immediate PersistentVolumeClaims.",
    ),
    "claim-elsewhere": (
        GRACE_S,
        f"{NO_NODE}a volume is bound to other nodes.",
        HEAD + "1 node(s) didn't match PersistentVolume's node affinity.",
    ),
}


@pytest.mark.parametrize("name", WAITING)
def test_a_pod_that_no_node_takes(name: str) -> None:
    found = failure(name)
    assert found is not None
    cause, until_s = found
    assert (until_s, cause.title, cause.said[: len(WAITING[name][2])]) == WAITING[name]
    assert cause.next_step


@pytest.mark.parametrize(("size", "words"), [("8029828Ki", "the largest node has 7.658Gi in all"), ("", "no node has any")])
def test_what_the_largest_node_has_is_said_where_it_may_be_known(size: str, words: str) -> None:
    nodes = [{"status": {"allocatable": {"memory": amount}}} for amount in ("64Mi", size) if size]
    found = failure("unschedulable-memory", nodes=nodes)
    assert found is not None
    assert found[0].title == f"{NO_NODE}there is too little memory (the pod asks for 900Gi, {words})."


def event(reason: str, message: str, at: str = "2030-01-01T00:00:00Z") -> dict[str, Any]:
    return {
        "reason": reason,
        "message": message,
        "lastTimestamp": at,
        "involvedObject": {"kind": "Pod", "name": "unschedulable-cpu"},
    }


def test_a_cluster_that_grows_is_waited_for_and_one_that_can_t_is_not() -> None:
    """The cluster autoscaler's words; the rig has none."""
    grows = event("TriggeredScaleUp", "pod triggered scale-up: [{group 1->2 (max: 5)}]")
    full = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", "2030-01-01T00:01:00Z")
    for events, until_s in (([grows], NEVER), ([full], 0), ([full, grows], 0)):
        found = failure("unschedulable-cpu", events=events)
        assert found is not None
        assert found[1] == until_s
        assert found[0].said.endswith(events[0]["message"])


@pytest.mark.parametrize(
    ("words", "title"),
    [
        # From Kubernetes 1.36's scheduler and older ones, on clusters that are larger than the rig.
        (
            "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: true}, 2 Insufficient memory. preemption: …",
            f"{NO_NODE}there is too little memory; the nodes are kept for others by a taint gpu: true.",
        ),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: …",
            f"{NO_NODE}the nodes are kept for others by a taint.",
        ),
        (
            "0/2 nodes are available: 1 node(s) were unschedulable, 1 Too many pods.",
            f"{NO_NODE}nodes are closed for new pods; the nodes have as many pods as they may.",
        ),
        (
            "0/1 nodes are available: 1 … claim with ReadWriteOncePod access mode already in-use by another pod.",
            f"{NO_NODE}a claim is ReadWriteOncePod, and another pod uses it.",
        ),
        ("0/1 nodes are available: 1 something new.", "No node can take the pod."),
    ],
)
def test_other_words_of_the_scheduler(words: str, title: str) -> None:
    text = json.dumps(recorded("unschedulable-cpu")["pod"])
    pod = json.loads(text)
    pod["status"]["conditions"][0]["message"] = words
    trouble = start_trouble(Seen(pod), GRACE_S)
    assert trouble is not None
    assert (trouble.cause.title, trouble.cause.said) == (title, words)


def test_a_claim_that_can_t_be_read_or_is_gone() -> None:
    unread = failure("claim-no-class", claims={}, events=[])
    assert unread is not None
    assert (unread[0].title, unread[1]) == ("A claim of c.SparkK8s.volumes has no volume yet.", GRACE_S)
    gone = failure("claim-no-class", claims={"gaia": None}, events=[])
    assert gone is not None
    assert (gone[0].title, gone[1]) == ("The claim gaia does not exist.", 0)


def test_a_claim_that_waits_for_its_pod_hides_nothing() -> None:
    claims = seen("claim-waits-for-its-pod").claims
    found = failure("unschedulable-cpu", claims=claims)
    assert found is not None
    assert (found[0].title[: len(NO_NODE)], found[1]) == (NO_NODE, GRACE_S)
    silent = failure("claim-waits-for-its-pod", events=[])
    assert silent is not None
    assert silent[1] == NEVER


@pytest.mark.parametrize(
    ("metadata", "status", "title"),
    [
        ({"deletionTimestamp": "2030-01-01T00:00:00Z"}, {"phase": "Bound"}, "The claim gaia is being deleted."),
        ({}, {"phase": "Lost"}, "The volume of the claim gaia (pv-7) is gone."),
    ],
)
def test_a_claim_at_its_end(metadata: dict[str, Any], status: dict[str, Any], title: str) -> None:
    claim = {"metadata": {"name": "gaia", **metadata}, "spec": {"volumeName": "pv-7"}, "status": status}
    found = failure("claim-pending", claims={"gaia": claim})
    assert found is not None
    assert (found[0].title, found[1]) == (title, 0)
    assert ADMIN in found[0].next_step


def test_a_claim_s_words_are_those_of_its_own_events() -> None:
    """Another of the same name may have been there before."""
    record = seen("claim-no-class")
    assert {each["reason"] for each in record.about("gaia")} == {"ProvisioningFailed"}
    assert {each["reason"] for each in record.about()} == {"FailedScheduling"}
    claim = record.claims["gaia"] or {}
    other = seen("claim-no-class", claims={"gaia": claim | {"metadata": {"name": "gaia", "uid": "another"}}})
    assert other.about("gaia") == []


@pytest.mark.parametrize(("mode", "alone"), [("ReadWriteOncePod", True), ("ReadWriteOnce", False), ("ReadWriteMany", False)])
def test_a_claim_for_one_pod_alone_is_none_for_spark(mode: str, alone: bool) -> None:
    trouble = only_one_pod({"metadata": {"name": "gaia"}, "spec": {"accessModes": [mode]}})
    assert (trouble is not None) is alone
    if trouble is not None:
        assert trouble.cause.title.startswith("The claim gaia lets one pod alone use it (ReadWriteOncePod)")
