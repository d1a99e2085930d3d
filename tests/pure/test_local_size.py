"""How much of a machine a local Spark takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.backends.local_size import local_size, machine
from jupyter_sparkk8s.config.memory import SMALLEST_HEAP_MIB
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.models.exits import in_words
from jupyter_sparkk8s.models.local import Machine

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS = {"executor_instances": 2, "executor_cores": 0, "driver_memory": "4Gi", "executor_memory": "4Gi"}


@pytest.mark.parametrize(
    ("cores", "memory_mib", "settings", "executors", "executor_cores"),
    [
        (2, 24_000, {}, 2, 1),
        (8, 24_000, {}, 2, 4),
        (8, 24_000, {"executor_cores": 1}, 2, 1),
        (8, 24_000, {"executor_instances": 3}, 3, 2),
        (1, 24_000, {}, 1, 1),
        (4, 2048, {}, 1, 4),  # a Binder
        (2, 24_000, {"executor_instances": 0}, 1, 2),
        (2, 24_000, {"executor_instances": 50, "executor_cores": 8}, 2, 1),
    ],
)
def test_slots_never_exceed_the_cores(
    cores: int, memory_mib: int, settings: dict[str, Any], executors: int, executor_cores: int
) -> None:
    size = local_size({**DEFAULTS, **settings}, Machine(cores, memory_mib))
    assert (size.executors, size.executor_cores) == (executors, executor_cores)
    assert size.executors * size.executor_cores <= cores


def test_memory_is_the_setting_s_or_a_quarter_of_the_machine() -> None:
    big = local_size(DEFAULTS, Machine(4, 64 * 1024))
    assert (big.driver.total, big.executor.total) == (4096, 4096)
    small = local_size(DEFAULTS, Machine(4, 8 * 1024))
    assert (small.driver.total, small.executor.total) == (2048, 1024)


def test_the_smallest_machine_still_gets_a_heap_that_spark_accepts() -> None:
    tiny = local_size(DEFAULTS, Machine(1, 1024))
    assert tiny.driver.heap >= SMALLEST_HEAP_MIB
    assert tiny.executor.heap >= SMALLEST_HEAP_MIB


def test_a_setting_that_leaves_no_heap_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="executor_memory"):
        local_size({**DEFAULTS, "executor_memory": "600Mi"}, Machine(4, 64 * 1024))


def test_a_container_s_limits_count(tmp_path: Path) -> None:
    assert machine(tmp_path).cores >= 1
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text(str(512 * 2**20))
    assert machine(tmp_path) == Machine(cores=1, memory_mib=512)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine(tmp_path) == machine(tmp_path / "none")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit code 0"),
        (1, "exit code 1"),
        (-9, "signal 9 (SIGKILL)"),
        (137, "signal 9 (SIGKILL), exit code 137"),
        (255, "exit code 255"),
    ],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert in_words(code) == words
