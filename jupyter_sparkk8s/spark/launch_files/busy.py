"""Tells the start script by a file whether a cell runs: a driver that computes is not ended, even when nobody is connected."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any


def busy_file() -> str:
    """There while a cell runs."""
    return os.path.join(os.path.dirname(os.environ["SPARK_CONF_DIR"]), "busy")


def is_busy() -> bool:
    """Whether a cell runs."""
    return os.path.exists(busy_file())


def install(shell: Any) -> None:
    """Keep the file while any cell of ``shell`` runs, in whichever thread."""
    path = busy_file()
    lock, running = threading.Lock(), 0

    def change(by: int) -> None:
        nonlocal running
        with lock:
            running = max(0, running + by)
            if running:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)

    shell.events.register("pre_run_cell", lambda *_: change(1))
    shell.events.register("post_run_cell", lambda *_: change(-1))
