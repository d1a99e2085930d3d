"""The end of a process in words; pure. For one that signal n has ended a shell, and so a container, gives 128 + n, Popen -n."""

from __future__ import annotations

import signal

from ..errors import Cause

KILLED = 128 + signal.SIGKILL  # by the system, for one: for want of memory
HEAP_FULL = 52  # of one of Spark's JVMs. Source: org.apache.spark.util.SparkExitCode.OOM
# What a process gets for its own fault, from the system or from itself.
_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")


def _signal_name(code: int) -> str:
    number = -code if code < 0 else code - 128 if code > 128 else 0
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def in_words(code: int) -> str:
    """What an exit code means: "exit code 1", "signal 9 (SIGKILL)"."""
    name = _signal_name(code)
    if not name:
        return f"exit code {code}"
    return f"signal {int(signal.Signals[name])} ({name})" + (f", exit code {code}" if code > 0 else "")


def death_of_process(code: int) -> Cause:
    """Why a kernel's process that has ended by itself did, as far as its exit code tells."""
    words = in_words(code)
    if _signal_name(code) in _CRASHES:
        advice = "A bug in native code. Run the cell's steps one by one to find the library, and try another version of it."
        return Cause(f"The kernel crashed: {words}.", "", advice)
    if _signal_name(code):
        return Cause(f"The kernel was killed: {words}.", "", "If it was not you: it may have lacked memory. Load less data.")
    advice = "Look in the cell that ran for what ends its process: os._exit(), or a library that gives up."
    return Cause(f"The kernel ended: {words}.", "", advice)
