"""Deltas: whatever changes, who merges them has what the server has; also who was too slow for some of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.monitor.patch import apply, difference

NAMES = st.sampled_from("abcd")
VALUES = st.recursive(
    st.integers(0, 3) | st.text("xy", max_size=2) | st.booleans() | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SNAPSHOTS = st.dictionaries(NAMES, VALUES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(SNAPSHOTS, SNAPSHOTS)
def test_the_difference_makes_the_new_of_the_old(old: Any, new: Any) -> None:
    before = repr(old)
    patch = difference(old, new)
    assert apply(patch, old) == new
    assert repr(old) == before
    assert bool(patch) == (old != new)


@settings(max_examples=40, deadline=None)
@given(st.lists(SNAPSHOTS, min_size=2, max_size=6), st.data())
def test_a_slow_client_that_skips_states_ends_at_the_same(states: list[Any], data: st.DataObject) -> None:
    taken = [state for state in states[1:-1] if data.draw(st.booleans())]
    sent = known = states[0]
    for state in [*taken, states[-1]]:
        known, sent = apply(difference(sent, state), known), state
    assert known == states[-1]


def test_only_what_has_changed_is_sent() -> None:
    old = {"k": {"jobs": {"1": {"done": 1, "total": 9}, "2": {"done": 9}}, "chart": {"10": 1}, "findings": [{"id": "a"}]}}
    new = {"k": {"jobs": {"1": {"done": 2, "total": 9}}, "chart": {"10": 1, "11": 4}, "findings": []}}
    patch = {"k": {"jobs": {"1": {"done": 2}, "2": None}, "chart": {"11": 4}, "findings": []}}
    assert difference(old, new) == patch
