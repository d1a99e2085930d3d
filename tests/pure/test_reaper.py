"""The JVM of a driver is collected as soon as it ends, though nobody asks for it."""

from __future__ import annotations

import subprocess
import time
from types import SimpleNamespace

from jupyter_sparkk8s.spark.launch_files import reaper


def test_an_ended_jvm_is_no_child_any_more() -> None:
    process = subprocess.Popen(["true"])
    gateways = SimpleNamespace(launch_gateway=lambda conf: SimpleNamespace(proc=process, conf=conf))
    reaper.join(gateways)
    assert gateways.launch_gateway("settings").conf == "settings"
    deadline = time.monotonic() + 0.8
    while process.returncode is None:  # set by who has waited for it
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_jvm_of_somebody_else_is_left_alone() -> None:
    gateway = object()
    gateways = SimpleNamespace(launch_gateway=lambda: gateway)
    reaper.join(gateways)
    assert gateways.launch_gateway() is gateway
