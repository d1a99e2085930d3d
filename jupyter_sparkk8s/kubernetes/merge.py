"""Deep merge of Kubernetes objects: the one way in which an administrator changes what we build; pure."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

# Named things merge by name; mounts by path, since one volume may be mounted twice.
_KEYS = {"volumeMounts": "mountPath", "volumeDevices": "devicePath", "ports": "containerPort", "hostAliases": "ip"}
_NAMED = {"containers", "initContainers", "volumes", "env", "imagePullSecrets"}
# Things that have one of several sources: another source takes the place of the first, as in `kubectl apply` (retainKeys).
_ONE_SOURCE = {"volumes", "env"}


def merge(base: Any, extra: Any, field: str = "") -> Any:
    """``base`` with ``extra`` over it, neither changed: objects merge, lists of named things merge by name, other lists are
    appended, anything else is replaced.
    """
    if isinstance(base, dict) and isinstance(extra, dict):
        merged = {key: deepcopy(value) for key, value in base.items()}
        for key, value in extra.items():
            merged[key] = merge(merged[key], value, key) if key in merged else deepcopy(value)
        return merged
    if isinstance(base, list) and isinstance(extra, list):
        key = _KEYS.get(field, "name" if field in _NAMED else "")
        return _merge_lists(base, extra, key, field) if key else deepcopy(base) + deepcopy(extra)
    return deepcopy(extra)


def _merge_lists(base: list[Any], extra: list[Any], key: str, field: str) -> list[Any]:
    merged = deepcopy(base)
    for item in extra:
        place = next((i for i, other in enumerate(merged) if _same(other, item, key)), None)
        if place is None:
            merged.append(deepcopy(item))
        elif field in _ONE_SOURCE and len(item) > 1 and set(merged[place]) & set(item) == {key}:
            merged[place] = deepcopy(item)
        else:
            merged[place] = merge(merged[place], item)
    return merged


def _same(one: Any, other: Any, key: str) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and key in one and one[key] == other.get(key)
