"""``c.SparkK8s.volumes`` → Volume values; pure. Each is written once and lands identically in driver and executors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models.driver import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOUNT_FIELDS = ("mountPath", "subPath", "mountPropagation")
_OURS = {"name", "readOnly", *_MOUNT_FIELDS}


def parse_volumes(items: Sequence[dict[str, Any]]) -> tuple[Volume, ...]:
    """Check and split each item into its source and its mount. Raises ConfigurationError naming the item."""
    volumes = tuple(_parse(item, index) for index, item in enumerate(items))
    paths = [volume.mount["mountPath"] for volume in volumes]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise ConfigurationError(
            f"c.SparkK8s.volumes mounts {', '.join(sorted(twice))} twice. Give each volume its own mountPath."
        )
    return volumes


def _parse(item: dict[str, Any], index: int) -> Volume:
    where = f"c.SparkK8s.volumes[{index}] ({item.get('name', 'without a name')})"
    sources = [key for key in item if key not in _OURS]
    if not isinstance(item.get("name"), str) or not item["name"]:
        raise ConfigurationError(f"{where} needs a name, e.g. 'gaia-dr2'.")
    if not str(item.get("mountPath", "")).startswith("/"):
        raise ConfigurationError(f"{where} needs an absolute mountPath, e.g. '/gaia-dr2', not {item.get('mountPath')!r}.")
    if len(sources) != 1:
        raise ConfigurationError(
            f"{where} needs exactly one source, such as persistentVolumeClaim; it has {', '.join(sources) or 'none'}."
        )
    read_only = item.get("readOnly", False)
    if isinstance(read_only, bool):
        read_only = {"driver": read_only, "executor": read_only}
    if not isinstance(read_only, dict) or not set(read_only) <= {"driver", "executor"}:
        raise ConfigurationError(f"{where}: readOnly is True, False or a dict with 'driver' and 'executor', not {read_only!r}.")
    return Volume(
        name=item["name"],
        source={sources[0]: item[sources[0]]},
        mount={key: item[key] for key in _MOUNT_FIELDS if key in item},
        read_only={"driver": bool(read_only.get("driver", False)), "executor": bool(read_only.get("executor", False))},
    )
