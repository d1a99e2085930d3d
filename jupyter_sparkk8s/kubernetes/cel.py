"""Values as expressions of CEL, the language of admission policies; pure. Leaves out what a policy demands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Of a volume's source, what does not decide which data a pod sees.
_INSIGNIFICANT = {"items", "defaultMode", "optional", "readOnly"}


class Texts:
    """Texts that were made for a stand-in, as expressions that hold for everybody.

    ``known`` maps a stand-in's words to the variable they are of, longest meaning first; ``unknowable`` are words that no
    policy can tell.
    """

    def __init__(self, known: Mapping[str, str], unknowable: Sequence[str] = ()) -> None:
        self._known, self._unknowable = known, unknowable

    def expression(self, text: str) -> str:
        """The text as CEL. Raises ConfigurationError where it holds what a policy can't know."""
        for word in self._unknowable:
            if word in text:
                raise ConfigurationError(
                    f"c.SparkK8s.volumes or executor_pod_extra makes {text!r} of {{kernel_id}} or {{server}}, which an "
                    "admission policy can't know. Use {username}, or no template, there."
                )
        for word, variable in self._known.items():
            if word in text:
                return " + ".join(
                    part
                    for index, piece in enumerate(text.split(word))
                    for part in ([variable] if index else []) + ([self.expression(piece)] if piece else [])
                )
        return literal(text)

    def holds(self, place: str, value: Any) -> str:
        """The condition that what is at ``place`` has all that ``value`` (a JSON value) has."""
        if isinstance(value, dict):
            fields = {key: item for key, item in value.items() if key not in _INSIGNIFICANT}
            return " && ".join(
                f"{literal(key)} in {place} && {self.holds(f'{place}[{literal(key)}]', item)}" for key, item in fields.items()
            ) or "true"  # fmt: skip
        if isinstance(value, list):
            parts = [f"size({place}) == {len(value)}", *(self.holds(f"{place}[{n}]", item) for n, item in enumerate(value))]
            return " && ".join(parts)
        return f"{place} == {self.expression(value) if isinstance(value, str) else literal(value)}"


def literal(value: Any) -> str:
    """A JSON value as CEL: they write texts, numbers, truth and lists alike."""
    return json.dumps(value, ensure_ascii=False)


def some(conditions: Sequence[str]) -> str:
    """Whether one of the conditions holds."""
    return " || ".join(f"({condition})" for condition in dict.fromkeys(conditions)) or "false"
