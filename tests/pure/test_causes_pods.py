"""Pods that are on their node and don't come to run: images, volumes, containers, exits."""

from __future__ import annotations

import json

import pytest

from jupyter_sparkk8s.kubernetes.causes import Seen, start_trouble
from tests.pure.records import ADMIN, GRACE_S, MINUTE_S, RECORDED, failure, recorded, seen
from tests.pure.test_causes import REFUSALS
from tests.pure.test_causes_placement import WAITING

R = "localhost:5099"
PRIVATE = "The registry does not give the image {} to this cluster: it is private, or its name is wrong."
LATER = "The registry does not give the image {} for now."
SANDBOX = "The node could not set up the pod."
COMMAND = "The container's command could not be started."

FAILURES = {
    # name: (seconds until it is a failure, title, how Kubernetes' own words begin)
    "image-missing-first": (0, f"The image {R}/missing:1 does not exist.", "ErrImagePull: rpc error: code = NotFound"),
    "image-missing-later": (0, f"The image {R}/missing:1 does not exist.", "ImagePullBackOff: Back-off pulling image"),
    "image-secret-first": (0, PRIVATE.format(f"{R}/secret:1"), "ErrImagePull: failed to pull and unpack image"),
    "image-secret-later": (0, PRIVATE.format(f"{R}/secret:1"), "ImagePullBackOff: Back-off pulling image"),
    "image-denied-first": (0, PRIVATE.format(f"{R}/denied:1"), "ErrImagePull: "),
    "image-denied-later": (0, PRIVATE.format(f"{R}/denied:1"), "ImagePullBackOff: "),
    "image-busy-first": (MINUTE_S, LATER.format(f"{R}/busy:1"), "ErrImagePull: "),
    "image-busy-later": (MINUTE_S, LATER.format(f"{R}/busy:1"), "ImagePullBackOff: "),
    "image-broken-first": (MINUTE_S, LATER.format(f"{R}/broken:1"), "ErrImagePull: "),
    "image-broken-later": (MINUTE_S, LATER.format(f"{R}/broken:1"), "ImagePullBackOff: "),
    "image-unreachable": (MINUTE_S, LATER.format("localhost:5100/spark:1"), "ErrImagePull: "),
    "image-platform-first": (0, f"The image {R}/platform:1 is not made for the node's processor.", "ErrImagePull: "),
    "image-platform-later": (0, f"The image {R}/platform:1 is not made for the node's processor.", "ImagePullBackOff: "),
    "image-no-registry": (MINUTE_S, LATER.format("registry.invalid/spark:1"), "ErrImagePull: "),
    "image-no-pull-secret": (
        0,
        f"The pull secret none does not exist; the registry does not give the image {R}/secret:2 without it.",
        "ErrImagePull: ",
    ),
    "image-never": (
        0,
        "The image localhost/none:1 is not on the node, and its pull policy is Never.",
        'ErrImageNeverPull: Container image "localhost/none:1" is not present with pull policy of Never',
    ),
    "image-malformed": (
        0,
        "The image's name is malformed: Spark 4",
        'InvalidImageName: Failed to apply default image tag "Spark 4": couldn\'t parse image name',
    ),
    "init-image-missing": (
        0,
        "The image localhost/none:1 is not on the node, and its pull policy is Never.",
        "ErrImageNeverPull: ",
    ),
    "no-such-secret-variable": (
        0,
        "The Secret none, which the container's environment asks for, does not exist.",
        'CreateContainerConfigError: secret "none" not found',
    ),
    "root-refused": (0, "The container would run as root, which is not allowed.", "CreateContainerConfigError: "),
    "no-seccomp-profile": (
        0,
        "The node does not have the seccomp profile that the pod names.",
        "CreateContainerError: failed to create containerd container: cannot load seccomp profile",
    ),
    "mount-missing-secret": (
        0,
        "The Secret none, which the volume launch holds, does not exist.",
        'MountVolume.SetUp failed for volume "launch" : secret "none" not found',
    ),
    "mount-missing-map": (0, "The ConfigMap none, which the volume launch holds, does not exist.", "MountVolume.SetUp failed"),
    "mount-missing-key": (0, "The key none, which the volume launch holds, does not exist.", "MountVolume.SetUp failed"),
    "mount-wrong-path": (
        0,
        "The volume launch: /none on the node is not a directory, or is not there.",
        'MountVolume.SetUp failed for volume "launch" : hostPath type check failed: /none is not a directory',
    ),
    "mount-refused": (
        0,
        "The volume launch could not be mounted.",
        'MountVolume.SetUp failed for volume "launch" : mount failed: exit status 32',
    ),
    "mount-no-plugin": (0, "The volume launch is of a kind that this cluster does not know.", "Unable to attach or mount"),
    "mount-no-driver": (
        MINUTE_S,
        "The volume launch: the node has no storage driver cephfs.csi.ceph.com.",
        'MountVolume.SetUp failed for volume "launch" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client',
    ),
    "mount-no-folder": (
        0,
        "The folder (subPath) of volume launch is not there and can't be made.",
        "CreateContainerConfigError: failed to create subPath directory",
    ),
    "too-little-to-begin": (
        0,
        "The pod has too little memory even to begin.",
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task",
    ),
    "out-of-memory": (0, "The driver used more memory than its pod has (64Mi).", "OOMKilled, exit code 137"),
    "no-python": (0, "The image has no command python4.", "StartError; exit code 128; failed to create containerd task"),
    "python-not-executable": (0, COMMAND, "StartError; exit code 128; "),
    "no-working-directory": (0, COMMAND, "StartError; exit code 128; "),
    "hook-fails": (0, "What the container is to run after its start (postStart) failed.", "PostStartHook failed"),
    "wrong-processor": (0, "The kernel ended before it answered: exit code 1.", ""),
    "exit-at-once": (0, "The kernel ended before it answered: exit code 1.", ""),
    "not-found-by-the-shell": (0, "The kernel ended before it answered: exit code 127.", ""),
    "evicted": (0, "Kubernetes evicted the driver's pod.", "Pod ephemeral local storage usage exceeds the total limit"),
    "deadline": (
        0,
        "The pod's time was over before its kernel ran (activeDeadlineSeconds).",
        "DeadlineExceeded: Pod was active",
    ),
    "node-refuses": (0, "The node refused the pod.", "SysctlForbidden: Pod was rejected: forbidden sysctl"),
    "init-fails": (0, "The container prepare, which runs before the kernel's, failed: exit code 3.", ""),
}
# What looks like a failure and is none, however long one waits.
PATIENCE = ("running", "init-done", "sidecar-done", "image-pulling", "mount-healed-image-pulling")


@pytest.mark.parametrize("name", FAILURES)
def test_a_pod_that_does_not_run(name: str) -> None:
    found = failure(name)
    assert found is not None
    cause, until_s = found
    assert (until_s, cause.title, cause.said[: len(FAILURES[name][2])]) == FAILURES[name]
    assert cause.next_step


@pytest.mark.parametrize("name", PATIENCE)
def test_what_only_looks_like_a_failure(name: str) -> None:
    assert failure(name) is None


def test_each_record_is_read() -> None:
    assert {file.stem for file in RECORDED.iterdir()} == {*REFUSALS, *WAITING, *FAILURES, *PATIENCE}


def test_our_own_secret_and_a_new_namespace_s_map_are_waited_for() -> None:
    record = recorded("mount-missing-secret")
    for name, until_s in (
        ('secret "none"', 0),
        ('secret "mount-missing-secret"', MINUTE_S),
        ('configmap "kube-root-ca.crt"', MINUTE_S),
    ):
        text = json.dumps(record["events"]).replace('secret \\"none\\"', name.replace('"', '\\"'))
        found = failure("mount-missing-secret", events=json.loads(text))
        assert found is not None
        assert found[1] == until_s


def test_events_come_in_any_order() -> None:
    """A watch that is opened late brings what there is by name, not by time."""
    for name, fails in (("mount-healed-image-pulling", False), ("mount-missing-secret", True)):
        assert (failure(name, events=recorded(name)["events"][::-1]) is not None) is fails


@pytest.mark.parametrize("image", ["site/geofabrik:1", "site/timeout:503", "localhost:5099/429 Too Many:1", "spark:4.3.512"])
def test_an_image_s_name_is_not_taken_for_a_status(image: str) -> None:
    record = recorded("image-missing-first")
    text = json.dumps(record["pod"]).replace("localhost:5099/missing:1", image)
    found = failure("image-missing-first", pod=json.loads(text), events=[])
    assert found is not None
    assert (found[0].title, found[1]) == (f"The image {image} does not exist.", 0)


@pytest.mark.parametrize(
    ("message", "title", "until_s"),
    [
        # Of busy clusters.
        (
            'MountVolume.SetUp failed for volume "kube-api-access-x" : failed to fetch token: node requested token bound to …',
            "The node was not given the token of the pod's service account.",
            MINUTE_S,
        ),
        (
            "… unmounted volumes=[data], … is forbidden: … no relationship found between node 'one' and this …",
            "The API server does not let the node read yet what the volume data (claim gaia) is made of.",
            MINUTE_S,
        ),
        # From ceph-csi and the kernel's CephFS client, as users' reports have them.
        (
            'MountVolume.MountDevice failed for volume "pv-7" : … args: [-t ceph …] stderr: mount error 13 = Permission denied',
            "The storage refuses to let the node mount the volume data (claim gaia).",
            0,
        ),
        (
            'MountVolume.MountDevice failed for volume "pv-7" : … stderr: mount error 2 = No such file or directory',
            "The volume data (claim gaia): the path on the storage does not exist.",
            0,
        ),
        (
            'MountVolume.MountDevice failed for volume "pv-7" : … stderr: mount error 110 = Connection timed out',
            "The volume data (claim gaia) could not be mounted: the storage does not answer.",
            MINUTE_S,
        ),
        (
            'MountDevice failed for volume "pv-7" : … desc = an operation with the given Volume ID 0001 already exists',
            "The volume data (claim gaia) could not be mounted: the storage does not answer.",
            MINUTE_S,
        ),
        (
            'Multi-Attach error for volume "pv-7" Volume is already used by pod(s) other',
            "The volume data (claim gaia) is attached to another node, and can be to one at a time (ReadWriteOnce).",
            MINUTE_S,
        ),
        ("Unable to attach or mount volumes: something new", "A volume could not be mounted.", 0),
    ],
)
def test_storage_s_words(message: str, title: str, until_s: float) -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "gaia"}}]
    claim = {"metadata": {"name": "gaia"}, "spec": {"volumeName": "pv-7"}, "status": {"phase": "Bound"}}
    event = {"reason": "FailedMount", "message": message, "involvedObject": {"kind": "Pod", "name": "p"}}
    pod = {"metadata": {"name": "p"}, "spec": {"nodeName": "n", "volumes": volumes}, "status": {"phase": "Pending"}}
    trouble = start_trouble(Seen(pod, [event], {"gaia": claim}), GRACE_S)
    assert trouble is not None
    assert (trouble.cause.title, trouble.cause.said, trouble.until_s) == (title, message, until_s)


def test_a_pod_of_which_nothing_is_known_yet() -> None:
    assert start_trouble(Seen({}), GRACE_S) is None


def test_a_node_that_says_nothing_any_more_is_what_a_start_waits_for() -> None:
    event = {"reason": "NodeNotReady", "message": "Node is not ready", "involvedObject": {"kind": "Pod", "name": "p"}}
    pod = {"metadata": {"name": "p"}, "spec": {"nodeName": "n"}, "status": {"phase": "Pending"}}
    trouble = start_trouble(Seen(pod, [event]), GRACE_S)
    assert trouble is not None
    assert (trouble.cause.title, trouble.until_s) == ("The node n does not answer any more.", float("inf"))
    assert ADMIN in trouble.cause.next_step


@pytest.mark.parametrize(("name", "unsure"), [("image-no-pull-secret", True), ("image-secret-first", False)])
def test_before_its_event_a_lacking_pull_secret_is_not_excluded(name: str, unsure: bool) -> None:
    """The node writes a pod's status before its events."""
    early = start_trouble(seen(name, events=[]), GRACE_S)
    assert early is not None
    assert early.cause.title.startswith("The registry does not give the image")
    assert early.unsure is unsure
    told = start_trouble(seen(name), GRACE_S)
    assert told is not None
    assert not told.unsure
