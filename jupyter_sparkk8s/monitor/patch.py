"""What has changed between two snapshots, as a JSON merge patch (RFC 7396), and two such patches as one; pure.
Snapshots hold no null, so that null can mean "gone".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.driver import JsonObject


def difference(old: JsonObject, new: JsonObject) -> JsonObject:
    """The patch that makes ``new`` of ``old``; empty where nothing has changed."""
    patch: JsonObject = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if value is before:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := difference(before, value):
                patch[name] = inner
        elif name not in old or before != value:
            patch[name] = value
    return patch


def apply(patch: JsonObject, target: JsonObject) -> JsonObject:
    """``target`` with the patch in it; neither is changed."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = apply(value, before if isinstance(before, dict) else {})
        else:
            result[name] = value
    return result
