"""The JVM of a driver is collected as soon as it ends, though nobody asks for it; and one that was killed is told."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files.reaper import Reaper, kills, why
from jupyter_sparkk8s.spark.launch_files.settings import memory_limit


def ended(command: str, **marks: Any) -> tuple[Any, list[tuple[str, str]]]:
    """A process that a gateway stands for, after its end, and what was told of it."""
    told: list[tuple[str, str]] = []
    process = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE)
    vars(process).update(marks)
    gateways = SimpleNamespace(launch_gateway=lambda conf: SimpleNamespace(proc=process, conf=conf))
    Reaper(lambda cause, text: told.append((cause, text)), lambda: None).join(gateways)
    assert gateways.launch_gateway("settings").conf == "settings"
    assert process.stdin is not None
    process.stdin.close()
    deadline = time.monotonic() + 0.8
    while process.returncode is None:  # set by who has waited for it
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.05)
    return process, told


def test_an_ended_jvm_is_no_child_any_more_and_nothing_is_told() -> None:
    process, told = ended("read x; exit 0")
    assert process.returncode == 0
    assert told == []


def test_a_jvm_that_was_killed_is_told() -> None:
    _, told = ended("read x; kill -9 $$")
    assert [text.split(",")[0] for _, text in told] == ["Spark's JVM was killed (signal 9)"]
    assert ended("read x; kill -9 $$", sparkk8s_replaced=True)[1] == []


def test_a_jvm_of_somebody_else_is_left_alone() -> None:
    gateway = object()
    gateways = SimpleNamespace(launch_gateway=lambda: gateway)
    Reaper(lambda *_: None, lambda: None).join(gateways)
    assert gateways.launch_gateway() is gateway


def test_what_the_end_means() -> None:
    assert "all of the driver's memory (1792 MiB) was used up" in why(-9, True, 1792 << 20)
    assert "signal 6" in why(-6, False, None)
    assert "exit code 52" in why(52, False, None)


@pytest.mark.parametrize("version", [1, 2])
def test_what_the_container_s_memory_says(tmp_path: Path, version: int) -> None:
    folder = tmp_path / "memory" if version == 1 else tmp_path
    folder.mkdir(exist_ok=True)
    assert (kills(str(tmp_path)), memory_limit(str(tmp_path))) == (0, None)
    (folder / {1: "memory.oom_control", 2: "memory.events"}[version]).write_text("low 0\noom_kill 3\n")
    (folder / {1: "memory.limit_in_bytes", 2: "memory.max"}[version]).write_text(f"{1792 << 20}\n")
    assert (kills(str(tmp_path)), memory_limit(str(tmp_path))) == (3, 1792 << 20)
    (folder / {1: "memory.limit_in_bytes", 2: "memory.max"}[version]).write_text({1: str(2**63 - 4096), 2: "max"}[version])
    assert memory_limit(str(tmp_path)) is None
