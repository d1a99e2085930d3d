"""A pod's memory: its parts add up to it, the heap is one that Spark takes, and advice given is advice that works."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sparkk8s.config.memory import LEAST_MIB, split_memory
from jupyter_sparkk8s.config.quantities import memory_mib
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.models.driver import Memory, RoleName

# Spark 4.3, UnifiedMemoryManager.getMaxMemory: 1.5 * RESERVED_SYSTEM_MEMORY_BYTES (300 MiB).
SPARKS_LEAST_MIB = 450
# Seen of Java 17: -XX:+UseSerialGC -Xmx450m leaves Runtime.maxMemory() at 435 MiB.
SERIAL_COLLECTOR = 435 / 450
roles = st.sampled_from(["driver", "executor"])


@given(total=st.integers(LEAST_MIB, 2**20), role=roles)
def test_the_parts_add_up_to_the_pod_and_each_is_enough(total: int, role: RoleName) -> None:
    memory = split_memory(total, role)
    assert memory.total == memory.heap + memory.overhead + memory.python == total
    assert memory.heap * SERIAL_COLLECTOR >= SPARKS_LEAST_MIB
    assert memory.overhead >= max(256, int(total * 0.10))
    assert memory.python >= 200


@given(total=st.integers(LEAST_MIB, 2**20), role=roles)
def test_more_memory_takes_from_no_part(total: int, role: RoleName) -> None:
    less, more = split_memory(total, role), split_memory(total + 1, role)
    assert (more.heap, more.overhead, more.python) >= (less.heap - 1, less.overhead, less.python)
    assert more.overhead >= less.overhead
    assert more.python >= less.python


@pytest.mark.parametrize(
    ("total", "role", "split"),
    [
        (4096, "driver", Memory(heap=2459, overhead=409, python=1228)),
        (4096, "executor", Memory(heap=2868, overhead=409, python=819)),
        (1024, "driver", Memory(heap=480, overhead=256, python=288)),
        (LEAST_MIB, "driver", Memory(heap=480, overhead=256, python=200)),
        (LEAST_MIB, "executor", Memory(heap=480, overhead=256, python=200)),
    ],
)
def test_known_pods(total: int, role: RoleName, split: Memory) -> None:
    assert split_memory(total, role) == split


@given(total=st.integers(0, LEAST_MIB - 1), role=roles)
def test_too_little_is_refused_with_advice_that_works(total: int, role: RoleName) -> None:
    with pytest.raises(ConfigurationError) as caught:
        split_memory(total, role)
    text = str(caught.value)
    assert text.startswith(f"c.SparkK8s.{role}_memory = '{total}Mi' is too little for Spark: ")
    advice = re.search(r"at least '(\w+)'\.$", text)
    assert advice is not None
    split_memory(memory_mib(advice[1], trait="driver_memory"), role)


def test_the_error_says_the_value_as_it_was_written() -> None:
    with pytest.raises(ConfigurationError) as caught:
        split_memory(512, "driver", "0.5Gi")
    assert str(caught.value) == (
        "c.SparkK8s.driver_memory = '0.5Gi' is too little for Spark: its heap needs 480 MiB, the JVM beside it 256 MiB and "
        "Python 200 MiB. Give the pod at least '960Mi'."
    )
