"""Pods that no node takes, one after the other: too large, at the wrong place, or with a claim that is not well."""

from __future__ import annotations

from typing import Any

from tests.cluster.record_scenes import PORT, Object, Pod, asking, said_of_claim, unschedulable

_MOUNT = {"volumeMounts": [{"name": "launch", "mountPath": "/launch"}]}
_CLAIM = {"volumes": [{"name": "launch", "persistentVolumeClaim": {"claimName": "gaia"}}]}
_META = {"apiVersion": "v1"}


def _claim(storage_class: str | None, mode: str = "ReadWriteMany", **spec: Any) -> Object:
    wanted = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": storage_class, **spec}
    return _META | {"kind": "PersistentVolumeClaim", "metadata": {"name": "gaia"}, "spec": wanted}


def _class(mode: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "sparkk8s-recording"},
        "provisioner": "example.org/nobody",
        "volumeBindingMode": mode,
    }


def _volume(mode: str, **spec: Any) -> Object:
    """A volume that waits for the claim."""
    wanted = {"capacity": {"storage": "1Gi"}, "accessModes": [mode], "storageClassName": "", "hostPath": {"path": "/tmp"}}
    return _META | {"kind": "PersistentVolume", "metadata": {"name": "sparkk8s-recording"}, "spec": wanted | spec}


def _waiting(name: str, *before: Object, seen: Any = unschedulable, later: list[Object] | None = None) -> Pod:
    """A pod with the claim."""
    return Pod(name, seen, _CLAIM, _MOUNT, before=list(before), later=later or [])


_ELSEWHERE = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["elsewhere"]}
_NODES = {"nodeSelectorTerms": [{"matchExpressions": [_ELSEWHERE]}]}
_CLASS = "sparkk8s-recording"
_SPREAD = {"maxSkew": 1, "topologyKey": "none", "whenUnsatisfiable": "DoNotSchedule"}

WAITING = [
    Pod("unschedulable-cpu", unschedulable, container=asking(cpu="1000")),
    Pod("unschedulable-selector", unschedulable, {"nodeSelector": {"disk": "fast"}}),
    Pod("unschedulable-memory", unschedulable, container=asking(memory="900Gi")),
    Pod("unschedulable-gpu", unschedulable, container={"resources": {"limits": {"nvidia.com/gpu": "1"}}}),
    Pod(
        "unschedulable-affinity",
        unschedulable,
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _NODES}}},
    ),
    Pod(
        "unschedulable-port",
        unschedulable,
        {"hostNetwork": True},
        {"ports": [{"containerPort": PORT, "hostPort": PORT}]},
    ),
    Pod("unschedulable-spread", unschedulable, {"topologySpreadConstraints": [_SPREAD]}),
    Pod(
        "gated",
        lambda pod, _: "SchedulingGated" in str(pod["status"].get("conditions")),
        {"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]},
    ),
    _waiting("claim-missing"),
    _waiting("claim-pending", _claim("")),
    _waiting("claim-no-class", _claim("no-such-class"), seen=said_of_claim("ProvisioningFailed")),
    _waiting("claim-no-provisioner", _class("Immediate"), _claim(_CLASS), seen=said_of_claim("ExternalProvisioning")),
    _waiting(
        "claim-waits-for-its-pod",
        _class("WaitForFirstConsumer"),
        _claim(_CLASS),
        seen=lambda _, events: any(event["reason"] == "WaitForFirstConsumer" for event in events),
    ),
    _waiting(
        "claim-mode",
        _volume("ReadWriteOnce"),
        _claim("", volumeName="sparkk8s-recording"),
        seen=said_of_claim("VolumeMismatch"),
    ),
    _waiting("claim-of-no-volume", _claim("", volumeName="no-such-volume")),
    _waiting(
        "claim-elsewhere",
        _volume("ReadWriteMany", nodeAffinity={"required": _NODES}),
        _claim(""),
        seen=lambda pod, _: "PersistentVolume's node affinity" in str(pod["status"].get("conditions")),
    ),
]
