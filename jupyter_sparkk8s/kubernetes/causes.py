"""Kubernetes' words put into ours; pure. What it does not know it passes on raw, never hides.
Leaves out waiting and asking: it is given objects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import ApiError, Cause
from ..models.layout import DRIVER_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject

_RBAC = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?:.*in the namespace "(?P<namespace>[^"]+)")?'
)
# Of a registry or a network that may answer better in a while. A number counts as a status only with its words.
_MAY_HEAL = re.compile(
    r"\b(429|5\d\d) [A-Z]|too ?many ?requests|time(d )?out|deadline exceeded|connection re(fused|set)|\bEOF\b"
    # A namespace has this config map a moment after it was made.
    r"|registered CSI drivers|Multi-Attach|failed to sync \w+ cache|kube-root-ca\.crt",
    re.IGNORECASE,
)
_HEALING_S = 60.0
_IMAGE_WORDS = {
    "InvalidImageName": "The image's name is malformed.",
    "ErrImageNeverPull": "The image is not on the node, and its pull policy is Never.",
    "ErrImagePull": "The image can't be pulled.",
    "ImagePullBackOff": "The image can't be pulled.",
    "ImageInspectError": "The image on the node is damaged.",
}
_CONTAINER_WORDS = {
    "CreateContainerConfigError": "The container's configuration names something that is not there, or is not allowed.",
    "CreateContainerError": "The container could not be created.",
    "RunContainerError": "The container could not be started.",
    "StartError": "The container's command could not be started.",
    "ContainerCannotRun": "The container's command could not be started.",
}
_EVENTS = {
    "FailedMount": "A volume could not be mounted.",
    "FailedAttachVolume": "A volume could not be attached to the node.",
    "FailedMapVolume": "A volume could not be mapped.",
    "FailedCreatePodSandBox": "The node could not set up the pod.",
}
# These come after all volumes are mounted and the pod is set up: earlier failures of that have healed.
_PROGRESS = {"Pulling", "Pulled", "Created", "Started"}
_ADMIN = "Show this to your administrator."


def refusal(status: int, body: JsonObject) -> ApiError:
    """The error of a refused request (HTTP status, Kubernetes' Status object)."""
    reason, message = str(body.get("reason") or ""), str(body.get("message") or f"HTTP status {status}")
    return ApiError(refusal_cause(status, message).text(), status=status, reason=reason, message=message)


def refusal_cause(status: int, message: str) -> Cause:
    """Why Kubernetes refused a request."""
    if match := _RBAC.search(message):
        place = f" in namespace {match['namespace']}" if match["namespace"] else ""
        title = f"{match['user']} may not {match['verb']} {match['resource']}{place}."
        namespace = match["namespace"] or "NAMESPACE"
        return Cause(
            title,
            message,
            f"An administrator can grant it: apply what `jupyter sparkk8s rbac --namespace {namespace}` prints.",
        )
    if "exceeded quota" in message:
        return Cause("The namespace's quota is used up.", message, f"Stop other kernels, ask for less, or: {_ADMIN.lower()}")
    if "failed quota" in message:
        title = "The namespace's quota asks for limits that the pod does not set."
        return Cause(title, message, f"Set c.SparkK8s.driver_cpu_limit and executor_cpu_limit. {_ADMIN}")
    if re.search(r"(maximum|minimum) \S+ usage per |limit to request ratio", message):
        return Cause("The namespace's limits (LimitRange) refuse the pod.", message, f"Ask for less, or: {_ADMIN.lower()}")
    if "violates PodSecurity" in message:
        return Cause("The namespace's Pod Security level refuses the pod.", message, _ADMIN)
    if "because it is being terminated" in message:
        return Cause("The namespace is being deleted.", message, f"Choose another: c.SparkK8s.namespace. {_ADMIN}")
    if status == 401:
        return Cause("Kubernetes does not accept the server's login.", message, f"It may have expired. {_ADMIN}")
    if status == 404 and message.startswith("namespaces "):
        return Cause("The namespace does not exist.", message, "Correct c.SparkK8s.namespace or have it created.")
    if match := re.search(r'service account ([^/]+)/\S+ serviceaccount "[^"]+" not found', message):
        advice = f"An administrator can make it: apply what `jupyter sparkk8s rbac --namespace {match[1]}` prints."
        return Cause("The pod's service account does not exist.", message, advice)
    return Cause("Kubernetes refused the request.", message, _ADMIN)


def start_failure(pod: JsonObject, events: Sequence[JsonObject], waited_s: float, grace_s: float) -> Cause | None:
    """Why a starting pod won't come to run; None while it may.

    ``waited_s``: seconds since its creation; what may heal within ``grace_s``, or a minute, is no failure before that.
    """
    status = pod.get("status", {})
    has_failed = status.get("phase") == "Failed"
    if has_failed and status.get("reason"):  # the pod as a whole: evicted, out of time, refused by the node
        said = ": ".join(part for part in (status["reason"], status.get("message")) if part)
        return Cause("The pod ended before its kernel ran.", said, _ADMIN)
    for container in status.get("initContainerStatuses", []):
        ended = container.get("state", {}).get("terminated")
        if ended and has_failed and ended.get("exitCode"):
            title = f"The container {container['name']}, which runs before the kernel's, failed."
            return Cause(title, _said(ended), f"It comes from c.SparkK8s.driver_pod_extra. {_ADMIN}")
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        if cause := _waiting_failure(container, waited_s, grace_s):
            return cause
        if container["name"] == DRIVER_CONTAINER and "terminated" in container.get("state", {}):
            return exit_cause(container["state"]["terminated"])
    if status.get("phase") in ("Failed", "Succeeded"):
        return Cause("The pod ended before its kernel ran.", str(status.get("message") or ""), _ADMIN)
    return _placement_failure(status, waited_s, grace_s) or _setup_failure(events, waited_s, grace_s)


def _waiting_failure(status: JsonObject, waited_s: float, grace_s: float) -> Cause | None:
    waiting, image = status.get("state", {}).get("waiting", {}), str(status.get("image", ""))
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    # The image's name may hold any of the words that mean "later".
    if _MAY_HEAL.search(re.sub(r'"[^"]*"', "", message.replace(image, ""))) and waited_s < max(grace_s, _HEALING_S):
        return None
    if reason in _IMAGE_WORDS:
        advice = "Correct c.SparkK8s.image or its pull secret."
        return Cause(f"{_IMAGE_WORDS[reason]} ({image})", f"{reason}: {message}", advice)
    return _command_failure(reason, f"{reason}: {message}") if reason in _CONTAINER_WORDS else None


def _command_failure(reason: str, said: str) -> Cause:
    if re.search(r"exec(utable file)?\b.*(not found|no such file)", said):
        return Cause("The image has no python3.", said, "Use an image with Python, ipykernel, pyspark and Java.")
    return Cause(_CONTAINER_WORDS[reason], said, _ADMIN)


def _placement_failure(status: JsonObject, waited_s: float, grace_s: float) -> Cause | None:
    for condition in status.get("conditions", []):
        if condition.get("type") != "PodScheduled" or condition.get("reason") != "Unschedulable":
            continue
        message = str(condition.get("message", ""))
        if match := re.search(r'persistentvolumeclaim "([^"]+)" not found', message):
            advice = "Correct c.SparkK8s.volumes, or have the claim created."
            return Cause(f"The claim {match[1]} does not exist.", message, advice)
        if waited_s < grace_s:
            return None
        if "PersistentVolumeClaims" in message:
            return Cause("A claim of c.SparkK8s.volumes has no volume yet.", message, _ADMIN)
        return Cause("No node can take the pod.", message, f"Ask for less CPU or memory, wait, or: {_ADMIN.lower()}")
    return None


def _setup_failure(events: Sequence[JsonObject], waited_s: float, grace_s: float) -> Cause | None:
    """The last failure to set the pod up, unless something has happened since that needs the pod set up."""
    if waited_s < grace_s:
        return None
    failures = [event for event in events if event.get("reason") in _EVENTS]
    last = max(failures, key=_when, default=None)
    if last is None or any(_when(event) >= _when(last) for event in events if event.get("reason") in _PROGRESS):
        return None
    reason, message = last["reason"], str(last.get("message", ""))
    if waited_s < _HEALING_S and (reason == "FailedCreatePodSandBox" or _MAY_HEAL.search(message)):
        return None
    return Cause(_EVENTS[reason], message, f"Check c.SparkK8s.volumes. {_ADMIN}")


def _when(event: JsonObject) -> str:
    """When an event was seen last (RFC 3339, so that texts sort as times do). Whole seconds only, so equal is "not before"."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def exit_cause(terminated: JsonObject) -> Cause:
    """What the end of the driver's container means (a containerStatus' ``terminated``)."""
    reason, said = terminated.get("reason", ""), _said(terminated)
    if reason in _CONTAINER_WORDS:
        return _command_failure(reason, said)
    if reason == "OOMKilled":
        return Cause("The driver used more memory than its pod has.", said, "Raise c.SparkK8s.driver_memory or load less data.")
    return Cause("The kernel ended before it answered.", said, "The last lines of its log say why.")


def _said(terminated: JsonObject) -> str:
    code = f"exit code {terminated.get('exitCode', 0)}"
    return "; ".join(part for part in (terminated.get("reason"), code, terminated.get("message")) if part)
