"""Folders of the CephFS as claims: what an administrator does by hand for a share that exists already.

The default owner and mode are root's, as on a real share that nobody prepared: tests choose what they need.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .processes import run
from .progress import RigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .api import Api, Object
    from .layout import Rig


@dataclass(frozen=True)
class Claim:
    """A bound claim. `folder` is its content as the machine sees it."""

    namespace: str
    name: str
    volume: str
    folder: Path


def make_claim(
    rig: Rig,
    api: Api,
    namespace: str,
    name: str,
    *,
    owner: tuple[int, int] = (0, 0),
    mode: int = 0o755,
    subfolder: str | None = None,
    read_only: bool = False,
) -> Claim:
    """Make a folder of the CephFS (default: NAMESPACE/NAME) and a claim bound to it, or find them.

    `owner` (uid, gid) and `mode` are set on the folder itself, each time. A `read_only` claim is ReadOnlyMany and its volume a
    read-only mount of the folder: writing fails whatever the pod asks for. Raises RigError when it doesn't get bound.
    """
    relative = PurePosixPath(subfolder or f"{namespace}/{name}")
    if relative.is_absolute() or ".." in relative.parts:
        raise RigError(f"{subfolder!r} isn't a folder inside the CephFS.", "give a relative path without `..`.")
    if api.get(f"/api/v1/namespaces/{namespace}") is None:
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    folder = rig.cephfs / relative
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, *owner)
    folder.chmod(mode)
    volume = f"cephfs-{namespace}-{name}"
    source = _read_only_mount(rig, volume, folder) if read_only else folder
    claim, persistent = manifests(namespace, name, volume, source, read_only)
    _drop_released(api, volume)
    api.apply(persistent)
    api.apply(claim)
    where = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"
    _until(lambda: _phase(api, where) == "Bound", f"Claim {namespace}/{name} isn't bound after 30 s.")
    return Claim(namespace, name, volume, folder)


def manifests(namespace: str, name: str, volume: str, source: Path, read_only: bool) -> tuple[Object, Object]:
    """The claim and its volume, each naming the other, so that neither is bound to anything else."""
    modes, size = ["ReadOnlyMany" if read_only else "ReadWriteMany"], "8Gi"
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "accessModes": modes,
            "storageClassName": "",
            "volumeName": volume,
            "resources": {"requests": {"storage": size}},
        },
    }
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}
    persistent = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": volume},
        "spec": {
            "accessModes": modes,
            "storageClassName": "",
            "capacity": {"storage": size},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": reference,
            "hostPath": {"path": str(source), "type": "Directory"},
        },
    }
    return claim, persistent


def _drop_released(api: Api, volume: str) -> None:
    """A volume whose claim was deleted remembers it and takes no other: make it anew. Its folder stays."""
    where = f"/api/v1/persistentvolumes/{volume}"
    if _phase(api, where) in ("Released", "Failed"):
        api.delete(where)
        _until(lambda: api.get(where) is None, f"Volume {volume} isn't deleted after 30 s.")


def _phase(api: Api, where: str) -> str | None:
    phase: str | None = (api.get(where) or {}).get("status", {}).get("phase")
    return phase


def _read_only_mount(rig: Rig, volume: str, folder: Path) -> Path:
    point = rig.state / "read-only" / volume
    point.mkdir(parents=True, exist_ok=True)
    if not os.path.ismount(point):
        run("mount", "--bind", folder, point)
        run("mount", "-o", "remount,bind,ro", point)
    return point


def _until(true: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise RigError(problem, "look at the controller manager's log in the cluster's state folder.")
        time.sleep(0.05)
