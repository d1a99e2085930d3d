"""What a pod object says of its end, read from recorded objects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_sparkk8s.kubernetes.pods import exit_code, pod_address

RECORDED = Path(__file__).with_name("recorded")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("running", None),
        ("image-pulling", None),
        ("sidecar-done", None),
        ("init-done", None),
        ("exit-at-once", 1),
        ("no-python", 128),
        ("out-of-memory", 137),
        ("deadline", 137),
        # the pod has ended and its container never did
        ("evicted", 137),
        ("init-fails", 137),
    ],
)
def test_the_exit_code_is_the_driver_s(name: str, code: int | None) -> None:
    assert exit_code(json.loads((RECORDED / f"{name}.json").read_text())["pod"]) == code


def test_an_address() -> None:
    assert pod_address(json.loads((RECORDED / "running.json").read_text())["pod"]).count(".") == 3
    assert pod_address({"status": {"podIP": None}}) == pod_address({}) == ""
