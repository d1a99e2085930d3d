"""What a Spark on one machine is to be: sizes and private places. Leaves out how they are found or made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .driver import Memory


@dataclass(frozen=True)
class Machine:
    """What this process may use: cores (whole) and memory in MiB."""

    cores: int
    memory_mib: int


@dataclass(frozen=True)
class LocalSize:
    """Spark's processes on one machine: ``executors`` JVMs of ``executor_cores`` task slots beside the driver.

    ``worker_mib`` is what Spark may give to an executor at most, in MiB.
    """

    executors: int
    executor_cores: int
    driver: Memory
    executor: Memory
    worker_mib: int


@dataclass(frozen=True)
class LocalPlaces:
    """Directories of one launch, all private and removed with it."""

    scratch: Path
    warehouse: Path
    derby: Path
