"""The feed's one schema, as data: the serialiser, the tests and the panel's types are all made from that file."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..models.driver import JsonObject


@cache
def feed_schema() -> JsonObject:
    """The parsed ``feed.schema.json``."""
    return cast("JsonObject", json.loads((files(__package__) / "feed.schema.json").read_text(encoding="utf-8")))
