"""What a driver's pod tells about itself, for people; pure. Mounts are those that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.driver import DriverFacts, Mount
from .pods import container_state, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import DriverSpec, JsonObject, Volume

# Sources whose one telling word is a field of theirs.
_WORDS = {
    "persistentVolumeClaim": ("claim", "claimName"),
    "hostPath": ("the node's", "path"),
    "configMap": ("config map", "name"),
    "secret": ("secret", "secretName"),
    "csi": ("CSI driver", "driver"),
    "cephfs": ("CephFS", "path"),
    "emptyDir": ("a directory of the pod's own", ""),
    "ephemeral": ("a volume of the pod's own", ""),
}


def driver_facts(spec: DriverSpec, pod: JsonObject) -> DriverFacts:
    """``pod`` is its last state; empty before there is one."""
    return DriverFacts(
        "kubernetes",
        pod=spec.pod_name,
        namespace=spec.namespace,
        node=pod.get("spec", {}).get("nodeName"),
        image=spec.image,
        started_at=epoch(container_state(pod, "running").get("startedAt")),
        memory_limit=spec.driver.memory.total << 20,
        mounts=tuple(_mount(volume) for volume in spec.volumes),
        why_no_ui=_why_no_ui(spec.spark_conf),
        session=spec.session,
    )


def _why_no_ui(conf: Mapping[str, str]) -> str | None:
    if conf.get("spark.ui.enabled", "").lower() == "false":
        return "The administrator has switched the Spark UI off (spark.ui.enabled). The panel knows of no jobs then."
    if conf.get("spark.ui.port") == "0":
        return "The Spark UI is at a port that the server can't know (spark.ui.port=0). The panel knows of no jobs then."
    return None


def epoch(text: str | None) -> float | None:
    """Seconds since 1970 of one of Kubernetes' times."""
    return moment(text).timestamp() if text else None


def _mount(volume: Volume) -> Mount:
    path, folder = str(volume.mount.get("mountPath", "")), volume.mount.get("subPath")
    source = source_in_words(volume.source) + (f", folder {folder}" if folder else "")
    return Mount(volume.name, path, source, volume.read_only["driver"])


def source_in_words(source: JsonObject) -> str:
    """Where a volume comes from: ``{"persistentVolumeClaim": {"claimName": "x"}}`` is "claim x"."""
    kind = next(iter(source), "")
    word, field = _WORDS.get(kind, (kind, ""))
    value = source[kind].get(field, "") if field else ""
    if kind == "nfs":
        return f"NFS {source[kind].get('server', '')}:{source[kind].get('path', '')}"
    return f"{word} {value}".strip()
