"""Kubernetes' words put into ours: objects that tests/cluster/record_causes.py recorded, and what a user reads of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.kubernetes.causes import refusal, start_failure

RECORDED = Path(__file__).with_name("recorded")
GRACE_S = 5.0
AT_ONCE, AFTER_GRACE, AFTER_A_MINUTE = 0.1, GRACE_S + 0.1, 60.1
ADMIN = "Show this to your administrator."
HERE = "sparkk8s-recording"
SERVER = f"system:serviceaccount:{HERE}:nobody"
GRANT = f"An administrator can grant it: apply what `jupyter sparkk8s rbac --namespace {HERE}` prints."


def recorded(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return record


REFUSALS = {
    "quota": ("The namespace's quota is used up.", f"Stop other kernels, ask for less, or: {ADMIN.lower()}"),
    "quota-wants-limits": (
        "The namespace's quota asks for limits that the pod does not set.",
        f"Set c.SparkK8s.driver_cpu_limit and executor_cpu_limit. {ADMIN}",
    ),
    "limit-range": ("The namespace's limits (LimitRange) refuse the pod.", f"Ask for less, or: {ADMIN.lower()}"),
    "may-not-create-pods": (f"{SERVER} may not create pods in namespace {HERE}.", GRANT),
    "may-not-watch-pods": (f"{SERVER} may not list pods in namespace {HERE}.", GRANT),
    "may-not-read-a-log": (f"{SERVER} may not get pods/log in namespace {HERE}.", GRANT),
    "may-not-create-secrets": (f"{SERVER} may not create secrets in namespace {HERE}.", GRANT),
    "no-service-account": (
        "The pod's service account does not exist.",
        f"An administrator can make it: apply what `jupyter sparkk8s rbac --namespace {HERE}` prints.",
    ),
    "no-namespace": ("The namespace does not exist.", "Correct c.SparkK8s.namespace or have it created."),
    "namespace-ending": ("The namespace is being deleted.", f"Choose another: c.SparkK8s.namespace. {ADMIN}"),
    "pod-security": ("The namespace's Pod Security level refuses the pod.", ADMIN),
    "login-unknown": ("Kubernetes does not accept the server's login.", f"It may have expired. {ADMIN}"),
    # what is not known is passed on raw
    "invalid": ("Kubernetes refused the request.", ADMIN),
    "priority-class": ("Kubernetes refused the request.", ADMIN),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal(name: str) -> None:
    record = recorded(name)
    error = refusal(record["status"], record["body"])
    title, next_step = REFUSALS[name]
    said = record["body"]["message"]
    assert str(error) == f"{title}\n{said}\n{next_step}"
    assert (error.status, error.reason, error.message) == (record["status"], record["body"]["reason"], said)


@pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": None, "reason": None}])
def test_a_refusal_without_words(body: dict[str, Any]) -> None:
    """As a proxy in between may give it."""
    error = refusal(502, body)
    assert str(error) == f"Kubernetes refused the request.\nHTTP status 502\n{ADMIN}"
    assert (error.status, error.reason) == (502, "")


IMAGE_STEP = "Correct c.SparkK8s.image or its pull secret."
PULL, BACK_OFF = "ErrImagePull: failed to pull and unpack image", "ImagePullBackOff: Back-off pulling image"
FAILURES = {
    # name: (from when it is a failure, title, how Kubernetes' own words begin, next step)
    "unschedulable-cpu": (
        AFTER_GRACE,
        "No node can take the pod.",
        "0/1 nodes are available: 1 Insufficient cpu.",
        f"Ask for less CPU or memory, wait, or: {ADMIN.lower()}",
    ),
    "unschedulable-selector": (
        AFTER_GRACE,
        "No node can take the pod.",
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        f"Ask for less CPU or memory, wait, or: {ADMIN.lower()}",
    ),
    "claim-missing": (
        AT_ONCE,
        "The claim gaia does not exist.",
        '0/1 nodes are available: persistentvolumeclaim "gaia" not found.',
        "Correct c.SparkK8s.volumes, or have the claim created.",
    ),
    "claim-pending": (
        AFTER_GRACE,
        "A claim of c.SparkK8s.volumes has no volume yet.",
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        ADMIN,
    ),
    "image-missing-first": (
        AT_ONCE,
        "The image can't be pulled. (localhost:5099/missing:1)",
        "ErrImagePull: rpc error: code = NotFound",
        IMAGE_STEP,
    ),
    "image-missing-later": (AT_ONCE, "The image can't be pulled. (localhost:5099/missing:1)", BACK_OFF, IMAGE_STEP),
    "image-secret-first": (AT_ONCE, "The image can't be pulled. (localhost:5099/secret:1)", PULL, IMAGE_STEP),
    "image-secret-later": (AT_ONCE, "The image can't be pulled. (localhost:5099/secret:1)", BACK_OFF, IMAGE_STEP),
    "image-busy-first": (AFTER_A_MINUTE, "The image can't be pulled. (localhost:5099/busy:1)", PULL, IMAGE_STEP),
    "image-busy-later": (AFTER_A_MINUTE, "The image can't be pulled. (localhost:5099/busy:1)", BACK_OFF, IMAGE_STEP),
    "image-broken-first": (AFTER_A_MINUTE, "The image can't be pulled. (localhost:5099/broken:1)", PULL, IMAGE_STEP),
    "image-broken-later": (AFTER_A_MINUTE, "The image can't be pulled. (localhost:5099/broken:1)", BACK_OFF, IMAGE_STEP),
    "image-unreachable": (AFTER_A_MINUTE, "The image can't be pulled. (localhost:5100/spark:1)", PULL, IMAGE_STEP),
    "image-never": (
        AT_ONCE,
        "The image is not on the node, and its pull policy is Never. (localhost/none:1)",
        'ErrImageNeverPull: Container image "localhost/none:1" is not present with pull policy of Never',
        IMAGE_STEP,
    ),
    "image-malformed": (
        AT_ONCE,
        "The image's name is malformed. (Spark 4)",
        'InvalidImageName: Failed to apply default image tag "Spark 4": couldn\'t parse image name',
        IMAGE_STEP,
    ),
    "init-image-missing": (
        AT_ONCE,
        "The image is not on the node, and its pull policy is Never. (localhost/none:1)",
        "ErrImageNeverPull: ",
        IMAGE_STEP,
    ),
    "no-such-secret-variable": (
        AT_ONCE,
        "The container's configuration names something that is not there, or is not allowed.",
        'CreateContainerConfigError: secret "none" not found',
        ADMIN,
    ),
    "root-refused": (
        AT_ONCE,
        "The container's configuration names something that is not there, or is not allowed.",
        "CreateContainerConfigError: container's runAsUser breaks non-root policy",
        ADMIN,
    ),
    "mount-missing-secret": (
        AFTER_GRACE,
        "A volume could not be mounted.",
        'MountVolume.SetUp failed for volume "launch" : secret "none" not found',
        f"Check c.SparkK8s.volumes. {ADMIN}",
    ),
    "mount-wrong-path": (
        AFTER_GRACE,
        "A volume could not be mounted.",
        'MountVolume.SetUp failed for volume "launch" : hostPath type check failed: /none is not a directory',
        f"Check c.SparkK8s.volumes. {ADMIN}",
    ),
    "out-of-memory": (
        AT_ONCE,
        "The driver used more memory than its pod has.",
        "OOMKilled; exit code 137",
        "Raise c.SparkK8s.driver_memory or load less data.",
    ),
    "no-python": (
        AT_ONCE,
        "The image has no python3.",
        "StartError; exit code 128; failed to create containerd task",
        "Use an image with Python, ipykernel, pyspark and Java.",
    ),
    "python-not-executable": (AT_ONCE, "The container's command could not be started.", "StartError; exit code 128; ", ADMIN),
    "no-working-directory": (AT_ONCE, "The container's command could not be started.", "StartError; exit code 128; ", ADMIN),
    "exit-at-once": (
        AT_ONCE,
        "The kernel ended before it answered.",
        "Error; exit code 1",
        "The last lines of its log say why.",
    ),
    "not-found-by-the-shell": (
        AT_ONCE,
        "The kernel ended before it answered.",
        "Error; exit code 127",
        "The last lines of its log say why.",
    ),
    "evicted": (
        AT_ONCE,
        "The pod ended before its kernel ran.",
        "Evicted: Pod ephemeral local storage usage exceeds the total limit of containers 10Mi.",
        ADMIN,
    ),
    "deadline": (AT_ONCE, "The pod ended before its kernel ran.", "DeadlineExceeded: Pod was active on the node longer", ADMIN),
    "init-fails": (
        AT_ONCE,
        "The container prepare, which runs before the kernel's, failed.",
        "Error; exit code 3",
        f"It comes from c.SparkK8s.driver_pod_extra. {ADMIN}",
    ),
}
# What looks like a failure and is none, however long one waits.
PATIENCE = ("running", "init-done", "sidecar-done", "image-pulling", "mount-healed-image-pulling")


def failure(name: str, waited_s: float) -> Cause | None:
    record = recorded(name)
    return start_failure(record["pod"], record["events"], waited_s, GRACE_S)


@pytest.mark.parametrize("name", FAILURES)
def test_a_start_that_fails(name: str) -> None:
    since_s, title, said, next_step = FAILURES[name]
    cause = failure(name, since_s)
    assert cause is not None
    assert (cause.title, cause.said[: len(said)], cause.next_step) == (title, said, next_step)
    assert failure(name, float("inf")) == cause


@pytest.mark.parametrize("name", [name for name, (since_s, *_) in FAILURES.items() if since_s > AT_ONCE])
def test_what_may_heal_is_no_failure_yet(name: str) -> None:
    assert failure(name, FAILURES[name][0] - 0.2) is None


@pytest.mark.parametrize("name", PATIENCE)
def test_what_only_looks_like_a_failure(name: str) -> None:
    assert [failure(name, waited_s) for waited_s in (AT_ONCE, AFTER_GRACE, AFTER_A_MINUTE, float("inf"))] == [None] * 4


def test_a_namespace_that_was_made_just_now_is_waited_for() -> None:
    record = recorded("mount-missing-secret")
    text = json.dumps(record["events"]).replace('secret \\"none\\" not found', 'configmap \\"kube-root-ca.crt\\" not found')
    assert "kube-root-ca" in text
    assert start_failure(record["pod"], json.loads(text), AFTER_GRACE, GRACE_S) is None


def test_events_come_in_any_order() -> None:
    """A watch that is opened late brings what there is by name, not by time."""
    for name, fails in (("mount-healed-image-pulling", False), ("mount-missing-secret", True)):
        record = recorded(name)
        assert (start_failure(record["pod"], record["events"][::-1], AFTER_GRACE, GRACE_S) is not None) is fails


@pytest.mark.parametrize("image", ["site/geofabrik:1", "site/timeout:503", "localhost:5099/429 Too Many:1", "spark:4.3.512"])
def test_an_image_s_name_is_not_taken_for_a_status(image: str) -> None:
    record = recorded("image-missing-first")
    text = json.dumps(record["pod"]).replace("localhost:5099/missing:1", image)
    assert start_failure(json.loads(text), [], AT_ONCE, GRACE_S) is not None


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        # From containerd, CRI-O and Docker Hub, as users' reports have them.
        (
            "ErrImagePull",
            "rpc error: code = Unknown desc = reading manifest latest: toomanyrequests: You have reached your limit",
        ),
        ("ErrImagePull", "Error response from daemon: Get https://x/v2/: net/http: TLS handshake timeout"),
        ("ErrImagePull", 'failed to do request: Head "https://x/v2/y": dial tcp 1.2.3.4:443: i/o timeout'),
        ("ErrImagePull", 'failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://x/y": EOF'),
        ("ErrImagePull", "received unexpected HTTP status: 503 Service Unavailable"),
        ("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        ("CreateContainerError", "context deadline exceeded"),
    ],
)
def test_other_words_for_later(reason: str, message: str) -> None:
    waiting = {"name": "driver", "image": "x/y:1", "state": {"waiting": {"reason": reason, "message": message}}}
    pod = {"status": {"phase": "Pending", "containerStatuses": [waiting]}}
    assert start_failure(pod, [], AFTER_GRACE, GRACE_S) is None
    assert start_failure(pod, [], AFTER_A_MINUTE, GRACE_S) is not None


@pytest.mark.parametrize(
    ("reason", "message", "title"),
    [
        (
            "RunContainerError",
            'runc create failed: exec: "python3": executable file not found in $PATH',
            "The image has no python3.",
        ),
        (
            "CreateContainerError",
            "executable file `python3` not found in $PATH: No such file or directory",
            "The image has no python3.",
        ),
        ("RunContainerError", "runc create failed: no space left on device", "The container could not be started."),
        ("CreateContainerError", "the container name is already in use", "The container could not be created."),
        ("CreateContainerConfigError", 'configmap "x" not found', "The container's configuration names something that is not "),
        ("ImageInspectError", "failed to read the image", "The image on the node is damaged. (x/y:1)"),
    ],
)
def test_other_runtimes_words(reason: str, message: str, title: str) -> None:
    """CRI-O and older containerd: the container waits where containerd's has ended."""
    waiting = {"name": "driver", "image": "x/y:1", "state": {"waiting": {"reason": reason, "message": message}}}
    cause = start_failure({"status": {"phase": "Pending", "containerStatuses": [waiting]}}, [], AT_ONCE, GRACE_S)
    assert cause is not None
    assert cause.title.startswith(title)
    assert cause.said == f"{reason}: {message}"


def test_each_record_is_read() -> None:
    assert {file.stem for file in RECORDED.iterdir()} == {*REFUSALS, *FAILURES, *PATIENCE}


def test_a_pod_of_which_nothing_is_known_yet() -> None:
    assert start_failure({}, [], float("inf"), GRACE_S) is None
