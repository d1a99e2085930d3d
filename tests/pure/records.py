"""What tests/cluster/record_causes.py has recorded of a real Kubernetes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.kubernetes.causes import Seen, start_trouble

RECORDED = Path(__file__).with_name("recorded")
GRACE_S, MINUTE_S, NEVER = 5.0, 60.0, float("inf")
ADMIN = "Show this to your administrator."


def recorded(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return record


def seen(name: str, **changes: Any) -> Seen:
    """What was seen of a pod, changed."""
    record = recorded(name)
    return Seen(**({"pod": record["pod"], "events": record["events"], "claims": record["claims"]} | changes))


def failure(name: str, **changes: Any) -> tuple[Cause, float] | None:
    """Why the pod does not start, and the seconds after which that is a failure."""
    trouble = start_trouble(seen(name, **changes), GRACE_S)
    return None if trouble is None else (trouble.cause, trouble.until_s)
