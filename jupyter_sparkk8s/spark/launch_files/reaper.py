"""Collects the JVM when it has ended. Nobody else does: and a kernel that is shut down ends its children first, sees the ended
JVM among them for as long as it has not been collected, and waits 29 s for it (ipykernel 7.4).
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import Any


def join(java_gateway: Any) -> None:
    """Once ``pyspark.java_gateway`` is imported: wait, on a thread, for each JVM that it starts."""
    launch = java_gateway.launch_gateway

    @wraps(launch)
    def launch_gateway(*args: Any, **kwargs: Any) -> Any:
        gateway = launch(*args, **kwargs)
        process = getattr(gateway, "proc", None)  # none where the JVM was started by somebody else
        if process is not None:
            threading.Thread(target=process.wait, name="sparkk8s-reaper", daemon=True).start()
        return gateway

    java_gateway.launch_gateway = launch_gateway
