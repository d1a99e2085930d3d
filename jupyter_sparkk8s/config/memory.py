"""Splits a pod's memory into JVM heap, JVM overhead and Python; pure.

The pod is thought of as a whole because that is what Kubernetes kills: what the parts add up to is its limit.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..models.driver import Memory, RoleName

# Spark refuses heaps below 450 MiB (UnifiedMemoryManager: 1.5 times 300 MiB reserved).
SMALLEST_HEAP_MIB = 450
# Metaspace, code cache, thread stacks, direct buffers: a tenth, as Spark's memoryOverheadFactor has it, but no less than
# what a bare driver JVM was seen to use.
OVERHEAD_SHARE, OVERHEAD_LEAST_MIB = 0.10, 256
# A driver's Python holds what toPandas() brings; an executor's only its workers.
PYTHON_SHARE: dict[RoleName, float] = {"driver": 0.30, "executor": 0.20}
PYTHON_LEAST_MIB = 200


def split_memory(total_mib: int, role: RoleName) -> Memory:
    """Split ``total_mib`` (the whole pod, MiB). Raises ConfigurationError where no usable heap is left."""
    overhead = max(OVERHEAD_LEAST_MIB, int(total_mib * OVERHEAD_SHARE))
    python = max(PYTHON_LEAST_MIB, int(total_mib * PYTHON_SHARE[role]))
    heap = total_mib - overhead - python
    if heap < SMALLEST_HEAP_MIB:
        least = OVERHEAD_LEAST_MIB + PYTHON_LEAST_MIB + SMALLEST_HEAP_MIB
        raise ConfigurationError(
            f"c.SparkK8s.{role}_memory = '{total_mib}Mi' leaves {max(heap, 0)} MiB for Spark's heap beside {overhead} MiB "
            f"of JVM overhead and {python} MiB for Python; Spark needs {SMALLEST_HEAP_MIB} MiB. "
            f"Give the pod at least '{-(-least // 64) * 64}Mi'."
        )
    return Memory(heap=heap, overhead=overhead, python=python)
