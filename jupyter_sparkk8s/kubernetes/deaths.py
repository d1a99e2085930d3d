"""Why a driver that ran has ended, from the last state of its pod; pure. Leaves out starts that fail: see ``causes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Cause
from ..models.exits import KILLED, death_of_process
from ..models.layout import DRIVER_CONTAINER
from .pods import container_state, exit_code

if TYPE_CHECKING:
    from ..models.driver import JsonObject

_AGAIN = "Start the kernel again; if it comes back, show this to your administrator."
# Kubernetes' word for who ends a pod (its condition DisruptionTarget). Source: the Pod API, "Pod disruption conditions".
_DISRUPTIONS = {
    "DeletionByPodGC": "The node of the driver's pod is gone.",
    "DeletionByTaintManager": "The node of the driver's pod was lost, or is closed to it by a taint.",
    "EvictionByEvictionAPI": "The driver's pod was evicted from its node, as for the node's maintenance.",
    "PreemptionByScheduler": "The driver's pod had to make room for one of higher priority.",
    "TerminationByKubelet": "The node ended the driver's pod: it shuts down or was short of something.",
}
# Of these the kubelet may never tell the pod's end.
_LOST = ("DeletionByPodGC", "DeletionByTaintManager")


def disruption_of(pod: JsonObject) -> JsonObject:
    """The condition by which Kubernetes says that it ends a pod; empty where not, or for what is not known here."""
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            return dict(condition) if condition.get("reason") in _DISRUPTIONS else {}
    return {}


def node_is_lost(pod: JsonObject) -> bool:
    """Whether the node will not come back to tell the end of this pod."""
    return "deletionTimestamp" in pod.get("metadata", {}) and disruption_of(pod).get("reason") in _LOST


def death_cause(pod: JsonObject, *, gone: bool, lost: str = "") -> Cause:
    """Why a driver has ended by itself. ``pod`` is its last state, ``gone`` whether there is none any more, ``lost`` why
    it can't be reached, where that is all that is known. The same cause always has the same title.
    """
    status, disruption = pod.get("status", {}), disruption_of(pod)
    if status.get("reason") == "Evicted":
        return _eviction(str(status.get("message", "")).strip())
    if disruption:
        return Cause(_DISRUPTIONS[disruption["reason"]], str(disruption.get("message", "")), _AGAIN)
    if status.get("phase") == "Failed" and status.get("reason"):
        said = ": ".join(part for part in (status["reason"], status.get("message")) if part)
        return Cause("Kubernetes ended the driver's pod.", said, _AGAIN)
    code = exit_code(pod)
    if code == KILLED and container_state(pod, "terminated").get("reason") == "OOMKilled":
        return out_of_memory(_memory_limit(pod))
    if gone or "deletionTimestamp" in pod.get("metadata", {}):
        advice = "If it was not you: your administrator finds who it was in the API server's audit log."
        return Cause("The driver's pod was deleted.", "Kubernetes itself does not keep by whom.", advice)
    if code is None:
        return Cause("The driver can't be reached any more.", lost, _AGAIN)
    return death_of_process(code)


def out_of_memory(limit: str) -> Cause:
    """Of the kernel, in a pod with this limit (a quantity)."""
    advice = "Load less data at once (let Spark hold it: no toPandas of everything), or raise c.SparkK8s.driver_memory."
    title = f"The driver used more memory than its pod has ({limit})." if limit else "The driver's node ran out of memory."
    return Cause(title, f"OOMKilled, exit code {KILLED}", advice)


def _eviction(said: str) -> Cause:
    advice = _AGAIN
    if "ephemeral" in said:
        advice = (
            "Write less to the pod's own disk (Spark's scratch files are there), or have its ephemeral-storage limit raised."
        )
    return Cause("Kubernetes evicted the driver's pod.", said, advice)


def _memory_limit(pod: JsonObject) -> str:
    for container in pod.get("spec", {}).get("containers") or []:
        if container["name"] == DRIVER_CONTAINER:
            return str(container.get("resources", {}).get("limits", {}).get("memory", ""))
    return ""
