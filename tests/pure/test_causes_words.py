"""What other container runtimes and registries say than the recorded ones, and the ends of containers."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.kubernetes.causes import Seen, exit_cause, start_trouble
from jupyter_sparkk8s.models.layout import REFUSED_EXIT
from jupyter_sparkk8s.spark.launch_files import executor
from tests.pure.records import GRACE_S, MINUTE_S

PRIVATE = "The registry does not give the image {} to this cluster: it is private, or its name is wrong."


def waiting(reason: str, message: str) -> tuple[str, str, float]:
    state = {"name": "driver", "image": "x/y:1", "state": {"waiting": {"reason": reason, "message": message}}}
    trouble = start_trouble(Seen({"status": {"phase": "Pending", "containerStatuses": [state]}}), GRACE_S)
    assert trouble is not None
    return trouble.cause.title, trouble.cause.said, trouble.until_s


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
    assert waiting(reason, message)[1:] == (f"{reason}: {message}", MINUTE_S)


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
        ("RunContainerError", "runc create failed: no space left on device", "The node's disk is full."),
        ("RunContainerError", "exec /usr/bin/python3: exec format error", "The image is made for another kind of processor"),
        ("CreateContainerError", "the container name is already in use", "The container could not be created."),
        (
            "CreateContainerConfigError",
            'configmap "x" not found',
            "The ConfigMap x, which the container's environment asks for",
        ),
        (
            "CreateContainerConfigError",
            "couldn't find key a in Secret ns/s",
            "The key a, which the container's environment asks",
        ),
        ("ImageInspectError", "failed to read the image", "The image x/y:1 is damaged on the node."),
        (
            "ErrImagePull",
            'failed to pull image "x/y:1": tls: failed to verify certificate: x509: certificate signed by unknown authority',
            "The node does not trust the certificate of the registry of image x/y:1.",
        ),
        (
            "ErrImagePull",
            "pull access denied, repository does not exist or may require authorization: authorization failed",
            PRIVATE.format("x/y:1"),
        ),
        (
            "ErrImagePull",
            'failed to do request: Head "https://x.org/v2/y": dial tcp: lookup x.org: no such host',
            "The registry of image x/y:1 does not exist: no such host name.",
        ),
        ("ErrImagePull", "something new", "The image x/y:1 can't be pulled."),
    ],
)
def test_other_runtimes_words(reason: str, message: str, title: str) -> None:
    """CRI-O and older containerd: the container waits where containerd's has ended."""
    found = waiting(reason, message)
    assert (found[0][: len(title)], *found[1:]) == (title, f"{reason}: {message}", 0)


@pytest.mark.parametrize(
    ("ended", "log", "title", "said"),
    [
        (
            {"exitCode": 78, "message": "The image has no pyspark."},
            "The image has no pyspark.",
            "The image has no pyspark.",
            "",
        ),
        ({"exitCode": 1}, "Traceback\nboom", "The kernel ended before it answered: exit code 1.", "Traceback\nboom"),
        (
            {"exitCode": 139},
            "",
            "The kernel ended before it answered: signal 11 (SIGSEGV), exit code 139.",
            "",
        ),
        (
            {"exitCode": 1, "reason": "Error"},
            "exec /usr/bin/python3: exec format error",
            "The image is made for another kind of processor than the node has.",
            "exec /usr/bin/python3: exec format error",
        ),
    ],
)
def test_an_end(ended: dict[str, Any], log: str, title: str, said: str) -> None:
    cause = exit_cause(ended, log)
    assert (cause.title, cause.said) == (title, said)
    assert cause.next_step


def test_the_exit_code_of_a_sentence_is_the_launch_files_own() -> None:
    assert executor.EXIT == REFUSED_EXIT


def test_a_pod_that_is_ended_for_others_or_with_its_node_before_it_ran() -> None:
    gone = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "DeletionByPodGC",
        "message": "PodGC: node no longer exists",
    }
    trouble = start_trouble(Seen({"spec": {"nodeName": "nowhere"}, "status": {"phase": "Failed", "conditions": [gone]}}), 5)
    assert trouble is not None
    assert (trouble.cause.title, trouble.cause.said) == ("The node of the driver's pod is gone.", gone["message"])
