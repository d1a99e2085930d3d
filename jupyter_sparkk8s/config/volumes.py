"""``c.SparkK8s.volumes`` as Volume values; pure. Each is written once and lands identically in driver and executors.

A source that Kubernetes doesn't know is refused here: Kubernetes would drop it and give an empty directory instead.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models import layout
from ..models.driver import Volume
from .validity import dns_label, object_name
from .wording import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOUNT_FIELDS = ("mountPath", "subPath", "mountPropagation", "recursiveReadOnly")
_OURS = {"name", "readOnly", *_MOUNT_FIELDS}
# Kubernetes 1.36, VolumeSource; without those whose drivers were removed.
_SOURCES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI", "emptyDir"),
    *("ephemeral", "fc", "flexVolume", "gcePersistentDisk", "hostPath", "image", "iscsi", "nfs", "persistentVolumeClaim"),
    *("portworxVolume", "projected", "rbd", "secret", "vsphereVolume"),
)
# Nothing may be mounted at or below these.
_TAKEN = (layout.LAUNCH_DIR, "/etc/passwd", "/etc/group", "/proc", "/sys", "/var/run/secrets", "/run/secrets")
# Nothing may be mounted at or above these: it would hide them, or have to make room for them on a share.
_NEEDED = (*_TAKEN, "/dev", "/bin", "/lib", "/lib64", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib")
# An own volume may take these places, but nothing above them.
_WRITABLE = (layout.HOME, layout.SCRATCH)
# What Kubernetes asks for in the commonest sources.
_MUST = {"persistentVolumeClaim": "claimName", "hostPath": "path", "secret": "secretName", "configMap": "name", "nfs": "server"}


def parse_volumes(items: Sequence[dict[str, Any]]) -> tuple[Volume, ...]:
    """Check and split each item into its source and its mount. Raises ConfigurationError naming the item."""
    volumes = tuple(_parse(item, index) for index, item in enumerate(items))
    paths = [volume.mount["mountPath"] for volume in volumes]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise ConfigurationError(
            f"c.SparkK8s.volumes mounts {', '.join(sorted(twice))} twice. Give each volume its own mountPath."
        )
    sources: dict[str, Any] = {}
    for volume in volumes:
        if sources.setdefault(volume.name, volume.source) != volume.source:
            raise ConfigurationError(
                f"c.SparkK8s.volumes gives {volume.name!r} two sources. Give each volume a name of its own."
            )
    return volumes


def _parse(item: dict[str, Any], index: int) -> Volume:
    where = f"c.SparkK8s.volumes[{index}] ({item.get('name', 'without a name')})"
    if not isinstance(item.get("name"), str) or not item["name"]:
        raise ConfigurationError(f"{where} needs a name, e.g. 'gaia-dr2'.")
    if dns_label(item["name"], trait=f"volumes[{index}]").startswith("sparkk8s-"):
        raise ConfigurationError(f"{where}: names that begin with 'sparkk8s-' are taken. Choose another.")
    return Volume(name=item["name"], source=_source(item, where), mount=_mount(item, where), read_only=_read_only(item, where))


def _source(item: dict[str, Any], where: str) -> dict[str, Any]:
    found = [key for key in item if key not in _OURS]
    for key in found:
        if key not in _SOURCES and (hint := nearest(str(key), _OURS)):
            raise ConfigurationError(f"{where} has {key!r}, which is no field of a volume.{hint}")
    if len(found) != 1:
        raise ConfigurationError(
            f"{where} needs exactly one source, such as persistentVolumeClaim; it has {', '.join(map(str, found)) or 'none'}."
        )
    if found[0] not in _SOURCES:
        raise ConfigurationError(
            f"{where}: Kubernetes knows no source {found[0]!r}; it knows {', '.join(_SOURCES)}.{nearest(found[0], _SOURCES)}"
        )
    if not isinstance(item[found[0]], dict):
        raise ConfigurationError(
            f"{where}: {found[0]} is an object such as {{{_MUST.get(found[0], 'medium')!r}: '…'}}, not {item[found[0]]!r}."
        )
    must = _MUST.get(found[0])
    if must and not (isinstance(item[found[0]].get(must), str) and item[found[0]][must]):
        hint = next((hint for key in item[found[0]] if key != must and (hint := nearest(str(key), [must]))), "")
        raise ConfigurationError(f"{where}: {found[0]} needs {must}, a text; it is {item[found[0]]!r}.{hint}")
    if found[0] == "persistentVolumeClaim":
        object_name(item[found[0]]["claimName"], trait=f"{where.removeprefix('c.SparkK8s.')}.claimName")
    return {found[0]: item[found[0]]}


def _mount(item: dict[str, Any], where: str) -> dict[str, Any]:
    path, below = item.get("mountPath"), item.get("subPath", "")
    if not isinstance(path, str) or not path.startswith("/") or ":" in path or ".." in path.split("/"):
        raise ConfigurationError(f"{where} needs an absolute mountPath, e.g. '/gaia-dr2', not {path!r}.")
    # The shortest writing, so that "/data/" and "/data" are seen to be one place.
    place = PurePosixPath("/", path.lstrip("/"))
    if any(place.is_relative_to(taken) for taken in _TAKEN) or _hides(place):
        raise ConfigurationError(
            f"{where}: nothing can be mounted on {path!r}, where the pod has files of its own. Choose another mountPath, "
            "e.g. '/gaia-dr2'."
        )
    if not isinstance(below, str) or below.startswith("/") or ".." in below.split("/"):
        raise ConfigurationError(f"{where}: subPath is a path inside the volume, e.g. 'stars/dr2', not {below!r}.")
    return {key: item[key] for key in _MOUNT_FIELDS if key in item} | {"mountPath": str(place)}


def _hides(place: PurePosixPath) -> bool:
    return any(PurePosixPath(needed).is_relative_to(place) for needed in _NEEDED) or any(
        place in PurePosixPath(writable).parents for writable in _WRITABLE
    )


def _read_only(item: dict[str, Any], where: str) -> dict[Any, bool]:
    value = item.get("readOnly", False)
    roles = value if isinstance(value, dict) else {"driver": value, "executor": value}
    if not set(roles) <= {"driver", "executor"} or not all(isinstance(each, bool) for each in roles.values()):
        raise ConfigurationError(f"{where}: readOnly is True, False or a dict with 'driver' and 'executor', not {value!r}.")
    if any(roles.values()) and item["mountPath"].rstrip("/") in _WRITABLE:
        raise ConfigurationError(f"{where}: {item['mountPath']} is where programs write; it can't be readOnly.")
    return {"driver": roles.get("driver", False), "executor": roles.get("executor", False)}
