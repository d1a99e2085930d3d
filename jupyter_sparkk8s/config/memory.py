"""Splits a pod's memory into JVM heap, JVM overhead and Python; pure.

The pod is thought of as a whole because that is what Kubernetes kills: what the parts add up to is its limit.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..models.driver import Memory, RoleName

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
LEAST_MIB = OVERHEAD_LEAST_MIB + PYTHON_LEAST_MIB + SMALLEST_HEAP_MIB


def split_memory(total_mib: int, role: RoleName, written: str = "") -> Memory:
    """Split ``total_mib`` (the whole pod, MiB) without a rest. ``written`` is how the setting says it, for the error.

    Raises ConfigurationError where no usable heap is left.
    """
    if total_mib < LEAST_MIB:
        raise ConfigurationError(
            f"c.SparkK8s.{role}_memory = {written or f'{total_mib}Mi'!r} is too little for Spark: its heap needs "
            f"{SMALLEST_HEAP_MIB} MiB, the JVM beside it {OVERHEAD_LEAST_MIB} MiB and Python {PYTHON_LEAST_MIB} MiB. "
            f"Give the pod at least '{-(-LEAST_MIB // 64) * 64}Mi'."
        )
    overhead = max(OVERHEAD_LEAST_MIB, int(total_mib * OVERHEAD_SHARE))
    wanted = max(PYTHON_LEAST_MIB, int(total_mib * PYTHON_SHARE[role]))
    python = min(wanted, total_mib - overhead - SMALLEST_HEAP_MIB)
    return Memory(heap=total_mib - overhead - python, overhead=overhead, python=python)
