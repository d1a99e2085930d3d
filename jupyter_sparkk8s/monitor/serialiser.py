"""Turns models into what the feed's schema describes: exactly the properties that it names, and nothing that is not known.
So what a model holds beside them (a key, say) can't get out by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .schema import feed_schema

if TYPE_CHECKING:
    from ..models.driver import JsonObject


class NotInSchemaError(TypeError):
    """A model lacks what the schema requires: a fault of ours."""


def serialise(value: Any, definition: str) -> JsonObject:
    """``value``, a mapping or an object with attributes, as the schema's ``definition`` wants it. Raises NotInSchemaError."""
    result = _convert(value, feed_schema()["$defs"][definition], definition)
    assert isinstance(result, dict)
    return result


def _convert(value: Any, schema: JsonObject, where: str) -> Any:
    while "$ref" in schema:
        schema = feed_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object":
        return _object(value, schema, where)
    if schema.get("type") == "array":
        return [_convert(each, schema["items"], where) for each in value]
    if schema.get("type") == "integer":
        return max(int(value), int(schema.get("minimum", value)))
    if "enum" in schema and value not in schema["enum"]:
        raise NotInSchemaError(f"{where} can't be {value!r}")
    return value


def _object(value: Any, schema: JsonObject, where: str) -> JsonObject:
    if "properties" not in schema:  # by id
        return {str(name): _convert(each, schema["additionalProperties"], where) for name, each in value.items()}
    result = {}
    for name, inner in schema["properties"].items():
        each = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if each is not None:
            result[name] = _convert(each, inner, f"{where}.{name}")
    if missing := [name for name in schema["required"] if name not in result]:
        raise NotInSchemaError(f"{where} lacks {', '.join(missing)}")
    return result
