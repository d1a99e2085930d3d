"""What ``spark_conf`` says about memory, in MiB; pure. Source: Spark's ``JavaUtils.byteStringAs``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import RoleName

_SIZE = re.compile(r"([0-9]+)([bkmgt]?)b?", re.IGNORECASE)
_BYTES = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_OFF_HEAP, _OFF_HEAP_ON = "spark.memory.offHeap.size", "spark.memory.offHeap.enabled"
PYTHON_LIMIT = "spark.executor.pyspark.memory"


@dataclass(frozen=True)
class Asked:
    """Parts of a pod's memory that an administrator's ``spark_conf`` fixes, in MiB; None: not fixed.

    ``beside`` is all but the heap and what lies off it; ``python`` is Spark's limit of an executor's Python workers.
    """

    heap: int | None = None
    beside: int | None = None
    off_heap: int = 0
    python: int = 0


def asked_memory(conf: Mapping[str, str], role: RoleName) -> Asked:
    """What ``conf`` fixes for ``role``. Raises ConfigurationError for a text that is no size."""
    is_executor = role == "executor"
    return Asked(
        heap=_size(conf, f"spark.{role}.memory"),
        beside=_size(conf, "spark.executor.memoryOverhead") if is_executor else None,
        off_heap=_off_heap(conf),
        python=(_size(conf, PYTHON_LIMIT) or 0) if is_executor else 0,
    )


def _off_heap(conf: Mapping[str, str]) -> int:
    if conf.get(_OFF_HEAP_ON, "false").strip().lower() != "true":
        return 0
    size = _size(conf, _OFF_HEAP, needs_unit=False)
    if not size:
        raise ConfigurationError(
            f"c.SparkK8s.spark_conf sets {_OFF_HEAP_ON} = 'true' and no {_OFF_HEAP}. Say how much, e.g. '512m'; it comes out "
            "of driver_memory and executor_memory."
        )
    return size


def _size(conf: Mapping[str, str], key: str, needs_unit: bool = True) -> int | None:
    if key not in conf:
        return None
    match = _SIZE.fullmatch(conf[key].strip())
    # Of a number alone Spark makes MiB in one place, and Java bytes in the other.
    if match is None or (needs_unit and not match[2]):
        raise ConfigurationError(
            f"c.SparkK8s.spark_conf sets {key} = {conf[key]!r}, which Spark does not read as a size. Write e.g. "
            "'2g' or '2048m'."
        )
    return -(-int(match[1]) * _BYTES[match[2].lower()] // 2**20)
