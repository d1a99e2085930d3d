"""Kubernetes' words put into ours; pure. What it does not know it passes on raw, never hides.
Leaves out waiting and asking: it is given objects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import ApiError, Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject

_RBAC = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?:.*in the namespace "(?P<namespace>[^"]+)")?'
)
_MAY_HEAL = re.compile(r"\b(429|5\d\d)\b|too many requests|timeout|timed out|i/o|connection re(fused|set)|EOF", re.IGNORECASE)
_IMAGE_WORDS = {
    "InvalidImageName": "The image's name is malformed.",
    "ErrImageNeverPull": "The image is not on the node, and its pull policy is Never.",
    "ErrImagePull": "The image can't be pulled.",
    "ImagePullBackOff": "The image can't be pulled.",
    "ImageInspectError": "The image on the node is damaged.",
}
_CONTAINER_WORDS = {
    "CreateContainerConfigError": "The container's configuration names something that is not there.",
    "CreateContainerError": "The container could not be created.",
    "RunContainerError": "The container could not be started.",
    "StartError": "The container's command could not be started.",
}
_EVENTS = {
    "FailedMount": "A volume could not be mounted.",
    "FailedAttachVolume": "A volume could not be attached to the node.",
    "FailedCreatePodSandBox": "The node could not set up the pod.",
    "FailedMapVolume": "A volume could not be mapped.",
}
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
    if "violates PodSecurity" in message:
        return Cause("The namespace's Pod Security level refuses the pod.", message, _ADMIN)
    if status == 401:
        return Cause("Kubernetes does not accept the server's login.", message, f"It may have expired. {_ADMIN}")
    if status == 404 and "namespaces" in message:
        return Cause("The namespace does not exist.", message, "Correct c.SparkK8s.namespace or have it created.")
    if "serviceaccount" in message and "not found" in message:
        return Cause("The pod's service account does not exist.", message, "Apply what `jupyter sparkk8s rbac` prints.")
    return Cause("Kubernetes refused the request.", message, _ADMIN)


def start_failure(pod: JsonObject, events: Sequence[JsonObject], waited_s: float, grace_s: float) -> Cause | None:
    """Why a starting pod won't come to run; None while it may. ``waited_s``: seconds since its creation; what may heal
    within ``grace_s`` is no failure before that.
    """
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        if cause := _container_failure(container, waited_s, grace_s):
            return cause
    if status.get("phase") in ("Failed", "Succeeded"):
        said = ": ".join(part for part in (status.get("reason"), status.get("message")) if part)
        return Cause("The pod ended before its kernel ran.", said, _ADMIN)
    if waited_s < grace_s:
        return None
    for condition in status.get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return Cause(
                "No node can take the pod.",
                condition.get("message", ""),
                f"Ask for less CPU or memory, wait, or: {_ADMIN.lower()}",
            )
    for event in reversed(events):
        if event.get("reason") in _EVENTS:
            return Cause(_EVENTS[event["reason"]], event.get("message", ""), f"Check c.SparkK8s.volumes. {_ADMIN}")
    return None


def _container_failure(status: JsonObject, waited_s: float, grace_s: float) -> Cause | None:
    state = status.get("state", {})
    waiting, image = state.get("waiting", {}), status.get("image", "")
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_WORDS:
        if reason in ("ErrImagePull", "ImagePullBackOff") and _MAY_HEAL.search(message) and waited_s < max(grace_s, 60):
            return None
        return Cause(
            f"{_IMAGE_WORDS[reason]} ({image})", f"{reason}: {message}", "Correct c.SparkK8s.image or its pull secret."
        )
    if reason in _CONTAINER_WORDS:
        return Cause(_CONTAINER_WORDS[reason], f"{reason}: {message}", _ADMIN)
    return exit_cause(state["terminated"]) if "terminated" in state else None


def exit_cause(terminated: JsonObject) -> Cause:
    """What the end of the driver's container means (a containerStatus' ``terminated``)."""
    code, reason = int(terminated.get("exitCode", 0)), terminated.get("reason", "")
    said = "; ".join(part for part in (reason, f"exit code {code}", terminated.get("message", "")) if part)
    if reason in _CONTAINER_WORDS or code in (126, 127):
        return Cause(
            "The image has no python3 that can be run.", said, "Use an image with Python, ipykernel, pyspark and Java."
        )
    if reason == "OOMKilled":
        return Cause("The driver used more memory than its pod has.", said, "Raise c.SparkK8s.driver_memory or load less data.")
    return Cause("The kernel ended before it answered.", said, "The last lines of its log say why.")
