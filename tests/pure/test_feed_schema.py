"""The feed's schema is sound, and the written examples, which the panel's tests read too, follow it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jupyter_sparkk8s.monitor.schema import feed_schema

RECORDED = Path(__file__).parent / "recorded_monitor"
EXAMPLES = sorted(RECORDED.glob("feed-*.json"))


def _objects(schema: Any) -> list[dict[str, Any]]:
    """All objects that a schema describes by their properties."""
    if isinstance(schema, list):
        return [found for each in schema for found in _objects(each)]
    if not isinstance(schema, dict):
        return []
    below = [found for each in schema.values() for found in _objects(each)]
    return [schema, *below] if isinstance(schema.get("properties"), dict) and "type" in schema else below


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(feed_schema())


def test_no_object_has_more_than_the_schema_names() -> None:
    found = _objects(feed_schema())
    assert len(found) > 10
    assert [each for each in found if each.get("additionalProperties") is not False] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_follow_it(path: Path) -> None:
    jsonschema.validate(json.loads(path.read_text()), feed_schema())


def test_an_unknown_property_is_refused() -> None:
    frame = json.loads((RECORDED / "feed-snapshot.json").read_text())
    next(iter(frame["kernels"].values()))["driver"]["token"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(frame, feed_schema())
