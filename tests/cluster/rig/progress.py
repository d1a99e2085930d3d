"""What a person who waits gets to see: lines with elapsed seconds, and errors that name the next step."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STARTED = time.monotonic()


class RigError(Exception):
    """The cluster can't be had. `problem` says what happened, `next_step` what to do about it."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.problem}\n  Next: {self.next_step}"


def say(text: str) -> None:
    """One progress line on stderr: stdout belongs to the two `export` lines."""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, for an error's text."""
    if not log.exists():
        return f"    (no log at {log})"
    with log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - 16384))
        text = content.read().decode(errors="replace")
    return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (the log is empty)"
