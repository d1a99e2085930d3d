"""What a pod object says: its address, its end, its last words."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..errors import SparkK8sError
from ..models.layout import DRIVER_CONTAINER

if TYPE_CHECKING:
    from ..models.driver import JsonObject
    from .client import Cluster

_LOG_LINES = 20
# Said by a node, as if it were the log, of a container that is gone.
_NO_LOG = ("unable to retrieve container logs for ", "failed to try resolving symlinks in path ")
# What a shell gives for a process that was killed: a pod may end without a word of its container.
UNKNOWN_END = 137


def pod_address(pod: JsonObject) -> str:
    """The pod's IP address; empty while it has none."""
    return str(pod.get("status", {}).get("podIP") or "")


def container_state(pod: JsonObject, kind: str, container: str = DRIVER_CONTAINER) -> JsonObject:
    """What a pod's status says of a container that is in a state of this kind (``running``, ``terminated``); empty where it is
    in another.
    """
    for status in pod.get("status", {}).get("containerStatuses") or []:
        if status["name"] == container:
            return dict(status.get("state", {}).get(kind) or {})
    return {}


def exit_code(pod: JsonObject) -> int | None:
    """The exit code of the driver's container; None while it may still run."""
    if ended := container_state(pod, "terminated"):
        return int(ended["exitCode"])
    return UNKNOWN_END if pod.get("status", {}).get("phase") in ("Failed", "Succeeded") else None


def moment(text: str) -> datetime:
    """A time as Kubernetes writes it (RFC 3339, whole seconds); Python 3.10 doesn't read its Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


async def last_lines(cluster: Cluster, namespace: str, name: str, container: str = DRIVER_CONTAINER) -> str:
    """The end of a container's log; empty where it can't be had."""
    query = [("container", container), ("tailLines", str(_LOG_LINES))]
    try:
        text = (await cluster.text(f"/api/v1/namespaces/{namespace}/pods/{name}/log", query)).strip()
    except SparkK8sError:
        return ""
    return "" if text.startswith(_NO_LOG) else text
