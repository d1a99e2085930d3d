"""Splits a pod's memory into JVM heap, JVM overhead and Python; pure.

The pod is thought of as a whole because that is what Kubernetes kills: what the parts add up to is its limit.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..models.driver import Memory, RoleName
from .sizes import PYTHON_LIMIT, Asked

# Spark refuses a JVM whose usable heap is below 450 MiB (UnifiedMemoryManager: 1.5 times 300 MiB reserved). In a pod of less
# than 1792 MiB or 2 cores Java takes its serial collector, which keeps 1/30 of -Xmx for itself.
SMALLEST_HEAP_MIB = 480
# Metaspace, code cache, thread stacks, direct buffers: a tenth, as Spark's memoryOverheadFactor has it, but no less than
# what a bare driver JVM was seen to use.
OVERHEAD_SHARE, OVERHEAD_LEAST_MIB = 0.10, 256
# A driver's Python holds what toPandas() brings; an executor's only its workers.
PYTHON_SHARE: dict[RoleName, float] = {"driver": 0.30, "executor": 0.20}
PYTHON_LEAST_MIB = 200
# The smallest pod of either role: in a tight one Python gives way to the heap, down to its least.
_BESIDE_LEAST_MIB = OVERHEAD_LEAST_MIB + PYTHON_LEAST_MIB
LEAST_MIB = _BESIDE_LEAST_MIB + SMALLEST_HEAP_MIB
NOTHING_ASKED = Asked()


def split_memory(total_mib: int, role: RoleName, written: str = "", asked: Asked = NOTHING_ASKED) -> Memory:
    """Split ``total_mib`` (the whole pod, MiB) without a rest, around what ``asked`` fixes. ``written`` is how the setting says
    it, for the error.

    Raises ConfigurationError where no usable heap is left, or where what is asked does not fit.
    """
    if total_mib < LEAST_MIB:
        raise ConfigurationError(
            f"c.SparkK8s.{role}_memory = {written or f'{total_mib}Mi'!r} is too little for Spark: its heap needs "
            f"{SMALLEST_HEAP_MIB} MiB, the JVM beside it {OVERHEAD_LEAST_MIB} MiB and Python {PYTHON_LEAST_MIB} MiB. "
            f"Give the pod at least '{-(-LEAST_MIB // 64) * 64}Mi'."
        )
    room = total_mib - asked.off_heap
    overhead = max(OVERHEAD_LEAST_MIB, int(room * OVERHEAD_SHARE))
    beside = min(overhead + max(PYTHON_LEAST_MIB, int(room * PYTHON_SHARE[role])), room - SMALLEST_HEAP_MIB)
    if asked.beside is not None:
        beside = asked.beside
    elif asked.heap is not None:
        beside = room - asked.heap
    heap = room - beside if asked.heap is None else asked.heap
    if heap < SMALLEST_HEAP_MIB or beside < _BESIDE_LEAST_MIB or heap + beside != room:
        raise ConfigurationError(_does_not_fit(total_mib, role, written, asked))
    overhead = min(overhead, beside - PYTHON_LEAST_MIB)
    if asked.python > beside - overhead:
        raise ConfigurationError(
            f"c.SparkK8s.spark_conf sets {PYTHON_LIMIT} to {asked.python} MiB, and Python's share of executor_memory = "
            f"{written or f'{total_mib}Mi'!r} is {beside - overhead} MiB. Raise executor_memory, or ask for less."
        )
    return Memory(heap=heap, overhead=overhead, python=beside - overhead, off_heap=asked.off_heap)


def _does_not_fit(total_mib: int, role: RoleName, written: str, asked: Asked) -> str:
    parts = {
        f"spark.{role}.memory": asked.heap,
        "spark.executor.memoryOverhead": asked.beside,
        "spark.memory.offHeap.size": asked.off_heap or None,
    }
    given = " and ".join(f"{name} to {size} MiB" for name, size in parts.items() if size is not None)
    if asked.heap is not None and asked.beside is not None:
        total = asked.heap + asked.beside + asked.off_heap
        need = (
            f"Together they are {total} MiB: they must be the whole pod. Leave one of them out, or set "
            f"executor_memory = '{total}Mi'"
        )
    else:
        need = (
            f"A pod must leave {SMALLEST_HEAP_MIB} MiB for the heap, {OVERHEAD_LEAST_MIB} MiB for the JVM beside it and "
            f"{PYTHON_LEAST_MIB} MiB for Python. Raise {role}_memory, or ask for another share"
        )
    return (
        f"c.SparkK8s.spark_conf sets {given}, which does not fit c.SparkK8s.{role}_memory = {written or f'{total_mib}Mi'!r} "
        f"({total_mib} MiB). {need}."
    )
