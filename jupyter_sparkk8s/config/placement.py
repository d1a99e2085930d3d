"""``c.SparkK8s.tolerations``; pure. Source: Kubernetes' ``ValidateTolerations``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .wording import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIELDS = ("key", "operator", "value", "effect", "tolerationSeconds")
_OPERATORS = ("Exists", "Equal", "Lt", "Gt")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def check_tolerations(items: Sequence[dict[str, Any]]) -> None:
    """Raises ConfigurationError naming the item that Kubernetes would refuse."""
    for index, item in enumerate(items):
        if problem := _problem(item):
            raise ConfigurationError(
                f"c.SparkK8s.tolerations[{index}] = {item!r} is wrong: {problem} Right would be e.g. "
                "{'key': 'spark', 'operator': 'Exists', 'effect': 'NoSchedule'}."
            )


def _problem(item: dict[str, Any]) -> str:
    operator, effect = item.get("operator", "Equal"), item.get("effect", "")
    seconds = item.get("tolerationSeconds")
    if unknown := [name for name in item if name not in _FIELDS]:
        return f"it has {unknown[0]!r}; its fields are {', '.join(_FIELDS)}.{nearest(str(unknown[0]), _FIELDS)}"
    if wrong := [name for name in ("key", "operator", "value", "effect") if not isinstance(item.get(name, ""), str)]:
        return f"its {wrong[0]} is no text."
    if operator not in _OPERATORS:
        return f"its operator is {operator!r}, not one of {', '.join(_OPERATORS)}.{nearest(operator, _OPERATORS)}"
    if effect and effect not in _EFFECTS:
        return f"its effect is {effect!r}, not one of {', '.join(_EFFECTS)}.{nearest(effect, _EFFECTS)}"
    if not item.get("key") and operator != "Exists":
        return "without a key its operator must be 'Exists', which tolerates every taint."
    if item.get("value") and operator == "Exists":
        return "with the operator 'Exists' there is no value."
    if seconds is not None and (effect != "NoExecute" or not isinstance(seconds, int) or isinstance(seconds, bool)):
        return "tolerationSeconds is a whole number and goes with the effect 'NoExecute'."
    return ""
