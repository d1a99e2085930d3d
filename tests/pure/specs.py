"""Settings and launches that the tests of what becomes of them share."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.config.resolve import LaunchContext, resolve
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.models.driver import Access

KERNEL = "3f2a9c10-5b1e-4a7c-9d57-7c1a2b3c4d5e"


def settings(**traits: Any) -> SparkK8s:
    return SparkK8s(**{"image": "registry.org/spark:4.3", **traits})


def launch(**changes: Any) -> LaunchContext:
    values: dict[str, Any] = {
        "kernel_id": KERNEL,
        "username": "anna",
        "server_id": "hub-1",
        "access": Access.DIRECT,
        "environ": {},
    }
    return LaunchContext(**(values | changes))


def refusal(traits: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolve(settings(**traits), launch(**changes))
    return str(caught.value)
