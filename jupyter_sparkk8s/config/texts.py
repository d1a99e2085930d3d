"""Names and texts as environment variables, Spark properties and annotations have them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .templates import expand_known, expand_value

if TYPE_CHECKING:
    from collections.abc import Mapping


def texts(values: Mapping[Any, Any], names: Mapping[str, str], trait: str) -> dict[str, str]:
    """``values`` with each template expanded; a number as it is written. Raises ConfigurationError for anything else."""
    expanded = expand_known if trait == "annotations" else expand_value
    return {_name(key, trait): expanded(text(value, f"{trait}[{key!r}]"), names) for key, value in values.items()}


def text(value: object, trait: str) -> str:
    """A text or a number as a text. Raises ConfigurationError naming ``trait`` for anything else."""
    if isinstance(value, bool) and trait.startswith("spark_conf"):
        return "true" if value else "false"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        hint = f" Write {str(value).lower()!r} with its quotes, if that is meant." if isinstance(value, bool) else ""
        raise ConfigurationError(f"c.SparkK8s.{trait} = {value!r} is wrong; right would be a text or a number.{hint}")
    if "\0" in str(value):
        raise ConfigurationError(f"c.SparkK8s.{trait} = {value!r} holds a NUL character, which no program takes. Leave it out.")
    return str(value)


def _name(key: object, trait: str) -> str:
    if isinstance(key, str):
        return key
    raise ConfigurationError(f"c.SparkK8s.{trait} has the key {key!r}; keys are texts.")
