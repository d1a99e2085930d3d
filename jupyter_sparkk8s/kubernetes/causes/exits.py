"""Containers that can't be started, and what the end of one means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.exits import in_words
from ...models.layout import DRIVER_CONTAINER, REFUSED_EXIT
from ...models.phase import Phase
from .seen import ADMIN, HEALING_S, Trouble, known_words, may_heal

if TYPE_CHECKING:
    from ...models.driver import JsonObject

IMAGE_STEP = "Use an image with Python, ipykernel, pyspark and Java (docs/images.md): c.SparkK8s.image."
_EXTRA = f"Correct c.SparkK8s.driver_pod_extra. {ADMIN}"
_REASONS = {
    "CreateContainerConfigError": "The container's configuration names something that is not there, or is not allowed.",
    "CreateContainerError": "The container could not be created.",
    "RunContainerError": "The container could not be started.",
    "StartError": "The container's command could not be started.",
    "ContainerCannotRun": "The container's command could not be started.",
    "PostStartHookError": "What the container is to run after its start (postStart) failed.",
}
_WORDS = [
    (r"exec format error", "The image is made for another kind of processor than the node has.", IMAGE_STEP),
    (r'secret "([^"]+)" not found', "The Secret {0}, which the container's environment asks for, does not exist.", _EXTRA),
    (
        r'configmap "([^"]+)" not found',
        "The ConfigMap {0}, which the container's environment asks for, does not exist.",
        _EXTRA,
    ),
    (
        r"couldn't find key (\S+) in (\w+)",
        "The key {0}, which the container's environment asks for, is not in its {1}.",
        _EXTRA,
    ),
    (
        r"runAsNonRoot|runAsUser breaks non-root policy",
        "The container would run as root, which is not allowed.",
        f"Correct c.SparkK8s.run_as_user or driver_pod_extra. {ADMIN}",
    ),
    (
        r'subPath.* for volumeMount "([^"]+)"',
        "The folder (subPath) of volume {0} is not there and can't be made.",
        f"Correct c.SparkK8s.volumes, or make the folder on the share. {ADMIN}",
    ),
    (r"seccomp profile", "The node does not have the seccomp profile that the pod names.", _EXTRA),
    (r'exec: "python3"|`python3`', "The image has no python3.", IMAGE_STEP),
    (r'exec: "([^"]+)": (?:executable file not found|stat .*no such file)', "The image has no command {0}.", _EXTRA),
    (r"no space left on device", "The node's disk is full.", ADMIN),
    (
        r"(?:init was OOM-killed|memory limit too low)",
        "The pod has too little memory even to begin.",
        "Raise c.SparkK8s.driver_memory.",
    ),
]
# What the log of a program that ended at once tells.
_LOGS = [
    (r"exec format error", "The image is made for another kind of processor than the node has.", IMAGE_STEP),
    (r"No space left on device", "The pod's disk is full.", ADMIN),
]


def container_trouble(container: JsonObject) -> Trouble | None:
    """Why a container that has its image is not created or started; None where it may be."""
    waiting = container.get("state", {}).get("waiting", {})
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason not in _REASONS:
        return None
    return Trouble(not_started(reason, f"{reason}: {message}"), HEALING_S if may_heal(message) else 0, Phase.MOUNTING)


def not_started(reason: str, said: str) -> Cause:
    """A container that Kubernetes could not start."""
    return known_cause(said) or Cause(_REASONS.get(reason, "The container could not be started."), said, ADMIN)


def known_cause(said: str) -> Cause | None:
    """What words of a node or its container runtime mean; None for those that are not known."""
    return known_words(_WORDS, said)


def exit_cause(terminated: JsonObject, log: str = "", container: str = DRIVER_CONTAINER) -> Cause:
    """What the end of a container means (a containerStatus' ``terminated``), with the last lines of its ``log``."""
    reason, message = str(terminated.get("reason") or ""), str(terminated.get("message") or "")
    code = in_words(int(terminated.get("exitCode", 0)))
    if reason in _REASONS:
        return not_started(reason, "; ".join(part for part in (reason, code, message) if part))
    said = "\n".join(part for part in (message, log) if part)
    if terminated.get("exitCode") == REFUSED_EXIT and message:  # our own files' sentence
        return Cause(message, "", IMAGE_STEP)
    if container != DRIVER_CONTAINER:
        title = f"The container {container}, which runs before the kernel's, failed: {code}."
        return Cause(title, said, f"It comes from c.SparkK8s.driver_pod_extra. {ADMIN}")
    unknown = Cause(f"The kernel ended before it answered: {code}.", said, f"The last lines of its log say why. {ADMIN}")
    return known_words(_LOGS, said) or unknown
