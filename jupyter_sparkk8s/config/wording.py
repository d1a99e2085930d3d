"""What to say of a value that a trait refuses: the trait, the value, and what would be right; pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Dict, Enum, Float, Integer, List, TraitType, Unicode

if TYPE_CHECKING:
    from collections.abc import Iterable


def wrong_value(where: str, trait: TraitType[Any, Any], value: object) -> str:
    """The text for a ``value`` that ``trait`` refuses; ``where`` is what stands before the trait's name."""
    shown = repr(value)
    return f"{where}{trait.name} = {shown if len(shown) <= 200 else shown[:200] + '…'} is wrong; right would be {right(trait)}."


def right(trait: TraitType[Any, Any]) -> str:
    """What a trait takes, in words."""
    if isinstance(trait, Enum):
        return "one of " + ", ".join(repr(value) for value in trait.values or ())
    if isinstance(trait, List):
        items = {Dict: "dicts", Unicode: "texts", Integer: "whole numbers"}
        return f"a list of {items[type(trait._trait)]}"
    if isinstance(trait, (Integer, Float)):
        kind = "a whole number" if isinstance(trait, Integer) else "a number"
        return kind + (f" of at least {trait.min}" if trait.min is not None else "")
    if isinstance(trait, Unicode):
        return f"a text such as {trait.default_value!r}" if trait.default_value else "a text"
    return {Bool: "True or False", Dict: "a dict"}[type(trait)]


def nearest(name: str, known: Iterable[str]) -> str:
    """``" Did you mean 'driver_memory'?"`` where one of ``known`` is like ``name``, else nothing."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return f" Did you mean {by_lower[found[0]]!r}?" if found else ""
