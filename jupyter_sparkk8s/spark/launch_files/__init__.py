"""Files that are sent to a driver or an executor and run there, in any image: standard library only, Python ≥ 3.8.

They are read as text and never imported by the server, except by tests.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# What the kernel loads wherever it runs.
NOTEBOOK_FILES = (
    "sockets.py",
    "session.py",
    "waiting.py",
    "hooks.py",
    "interrupts.py",
    "cancel.py",
    "cells.py",
    "contexts.py",
    "settings.py",
    "reaper.py",
    "teller.py",
    "shortage.py",
)
# What an executor runs.
EXECUTOR_FILES = ("executor.py", "installed.py")
# What a driver pod has beside the first.
POD_FILES = (
    "start.py",
    "account.py",
    "lease.py",
    "gauge.py",
    "kernel.py",
    "busy.py",
    "jvm.py",
    "naming.py",
    "hints.py",
    "executor_watch.py",
    *EXECUTOR_FILES,
)
# What lies in Spark's configuration directory, wherever the driver runs.
CONF_FILES = ("spark-env.sh", "log4j2.properties")


@cache
def launch_file(name: str) -> str:
    """The text of one file of this folder, as it was at the first call: an upgrade under a running server mixes nothing."""
    return (files(__name__) / name).read_text(encoding="utf-8")
