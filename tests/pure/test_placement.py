"""Tolerations: what Kubernetes would refuse is told by its item, with what is right."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.config.placement import check_tolerations

from .specs import refusal

FINE: list[dict[str, Any]] = [
    {"operator": "Exists"},
    {"key": "spark", "operator": "Exists"},
    {"key": "spark", "value": "yes"},
    {"key": "spark", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
]


def test_what_is_taken() -> None:
    check_tolerations(FINE)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"ky": "a"}, "it has 'ky'; its fields are key, operator, value, effect, tolerationSeconds. Did you mean 'key'?"),
        ({"key": 3}, "its key is no text."),
        ({"key": "a", "value": True}, "its value is no text."),
        (
            {"key": "a", "operator": "exists"},
            "its operator is 'exists', not one of Exists, Equal, Lt, Gt. Did you mean 'Exists'?",
        ),
        (
            {"key": "a", "effect": "NoSchedul"},
            "its effect is 'NoSchedul', not one of NoSchedule, PreferNoSchedule, NoExecute. Did you mean 'NoSchedule'?",
        ),
        ({"value": "a"}, "without a key its operator must be 'Exists', which tolerates every taint."),
        ({"key": "a", "operator": "Exists", "value": "b"}, "with the operator 'Exists' there is no value."),
        ({"key": "a", "tolerationSeconds": 3}, "tolerationSeconds is a whole number and goes with the effect 'NoExecute'."),
        (
            {"key": "a", "effect": "NoExecute", "tolerationSeconds": "3"},
            "tolerationSeconds is a whole number and goes with the effect 'NoExecute'.",
        ),
    ],
)
def test_what_is_refused(item: dict[str, Any], problem: str) -> None:
    assert refusal({"tolerations": [FINE[0], item]}) == (
        f"c.SparkK8s.tolerations[1] = {item!r} is wrong: {problem} Right would be e.g. "
        "{'key': 'spark', 'operator': 'Exists', 'effect': 'NoSchedule'}."
    )
