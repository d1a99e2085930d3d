"""How much of this machine a local Spark takes. The settings speak of pods; here they are upper bounds, and what the
machine (or the container around us) has is another: never more task slots than cores, never above half of the memory.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.memory import OVERHEAD_LEAST_MIB, PYTHON_LEAST_MIB, SMALLEST_HEAP_MIB, split_memory
from ..config.quantities import MEBIBYTE, memory_mib
from ..models.local import LocalSize, Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import Memory, RoleName

_LEAST_MIB = OVERHEAD_LEAST_MIB + PYTHON_LEAST_MIB + SMALLEST_HEAP_MIB
# Below this much memory for each, one executor is enough: a second JVM would push the machine into swapping.
_MIB_PER_EXECUTOR = 1536


def machine(cgroup: Path = Path("/sys/fs/cgroup")) -> Machine:
    """Cores and memory that this process may use: the machine's, or less where a container is given less."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        available = min(available, math.ceil(int(quota) / int(period)))
    limit = _read(cgroup / "memory.max") or _read(cgroup / "memory" / "memory.limit_in_bytes")
    if limit.isdigit():
        total = min(total, int(limit))
    return Machine(cores=max(1, available), memory_mib=total // MEBIBYTE)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def local_size(values: Mapping[str, Any], here: Machine) -> LocalSize:
    """Sizes for the settings ``values`` (traits' values, a profile's applied) on the machine ``here``.

    Executors: ``executor_instances``, at most one per core and per 1.5 GiB. Cores are shared evenly among them, at most
    ``executor_cores`` each where that is set. A quarter of the memory may go to the driver, a quarter to all executors.
    Raises ConfigurationError for a setting that can't be right.
    """
    executors = max(1, min(values["executor_instances"], here.cores, here.memory_mib // _MIB_PER_EXECUTOR))
    share = here.cores // executors
    return LocalSize(
        executors=executors,
        executor_cores=min(share, values["executor_cores"] or share),
        driver=_memory(values, "driver", here.memory_mib // 4),
        executor=_memory(values, "executor", here.memory_mib // 4 // executors),
        worker_mib=here.memory_mib,
    )


def _memory(values: Mapping[str, Any], role: RoleName, most_mib: int) -> Memory:
    trait = f"{role}_memory"
    wanted = memory_mib(values[trait], trait=trait)
    return split_memory(wanted if wanted <= most_mib else max(most_mib, _LEAST_MIB), role)
