"""Sees the JVM's end. Somebody must collect it: a kernel that is shut down ends its children first, sees the ended JVM among
them for as long as it has not been collected, and waits 29 s for it (ipykernel 7.4). And somebody must tell why it ended: a JVM
that is killed for its memory leaves a Python that looks healthy.
"""

from __future__ import annotations

import os
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# How often something here was killed for its memory: cgroup v2, then v1. Source: cgroups(7).
_KILLS = ("memory.events", "memory/memory.oom_control")
_CGROUP = "/sys/fs/cgroup"
_NEXT = "Python's variables are still there; Spark's data is not. Restart the kernel to go on with Spark."
_LESS = "Then load less data at once, or have c.SparkK8s.driver_memory raised."


def kills(folder: str = _CGROUP) -> int:
    """How many processes of this container were killed because its memory was used up; 0 where nobody counts."""
    for name in _KILLS:
        try:
            with open(os.path.join(folder, name)) as file:
                counts = dict(line.split(None, 1) for line in file)
                return int(counts.get("oom_kill", 0))
        except (OSError, ValueError):
            continue
    return 0


def why(code: int, was_killed_for_memory: bool, limit: int | None) -> str:
    """What a JVM's end that nobody asked for means; ``code`` as Popen gives it, ``limit`` the container's memory in bytes."""
    if was_killed_for_memory:
        size = f" ({limit >> 20} MiB)" if limit else ""
        return f"Spark's JVM was killed: all of the driver's memory{size} was used up. {_NEXT} {_LESS}"
    if code == -9:
        return f"Spark's JVM was killed (signal 9), perhaps for lack of memory. {_NEXT} {_LESS}"
    word = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"Spark's JVM has ended ({word}). The end of its log, {os.environ.get('SPARKK8S_LOG', '')}, may say why. {_NEXT}"


class Reaper:
    """Of one notebook; ``tell`` is given a cause and a text, ``memory_limit`` knows that of the container, in bytes."""

    def __init__(self, tell: Callable[[str, str], None], memory_limit: Callable[[], int | None]) -> None:
        self._tell, self._memory_limit = tell, memory_limit

    def join(self, java_gateway: Any) -> None:
        """Once ``pyspark.java_gateway`` is imported: wait, on a thread, for each JVM that it starts."""
        launch = java_gateway.launch_gateway

        @wraps(launch)
        def launch_gateway(*args: Any, **kwargs: Any) -> Any:
            gateway = launch(*args, **kwargs)
            process = getattr(gateway, "proc", None)  # none where the JVM was started by somebody else
            if process is not None:
                threading.Thread(target=self._wait, args=[process, kills()], name="sparkk8s-reaper", daemon=True).start()
            return gateway

        java_gateway.launch_gateway = launch_gateway

    def _wait(self, process: Any, killed_before: int) -> None:
        """One that ends in peace (0) was asked to; so was one whose context was replaced, see ``contexts``."""
        code = process.wait()
        if code and not getattr(process, "sparkk8s_replaced", False):
            self._tell(f"JVM {process.pid}", why(code, kills() > killed_before, self._memory_limit()))
