"""Runs rings side by side, two at a time, where none disturbs the other: each in a process of its own, whose output is printed
whole once it has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from tests.rings.result import CHECKOUT

AT_A_TIME = 2
LOOK_S = 0.2
RING = (sys.executable, "-m", "tests.rings")


@dataclass
class Running:
    """One ring's process and what it prints."""

    name: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]

    def printed(self) -> str:
        """All of it."""
        self.output.seek(0)
        return self.output.read().decode(errors="replace")


def run(names: Sequence[str], command: Sequence[str] = RING) -> Generator[tuple[str, int, str]]:
    """Name, exit code and output of each ring as it ends. Where the caller ends before, those that still run end with it."""
    waiting = list(names)
    running: list[Running] = []
    with ExitStack() as files:
        try:
            while waiting or running:
                while waiting and len(running) < AT_A_TIME:
                    running.append(_start(command, waiting.pop(0), files.enter_context(tempfile.TemporaryFile())))
                for one in [each for each in running if each.process.poll() is not None]:
                    running.remove(one)
                    yield one.name, one.process.returncode, one.printed()
                time.sleep(LOOK_S)
        finally:
            for one in running:
                _end(one.process)


def _start(command: Sequence[str], name: str, output: IO[bytes]) -> Running:
    print(f"── {name} begins ──", flush=True)
    # A group of its own: what it started ends with it.
    process = subprocess.Popen((*command, name), cwd=CHECKOUT, stdout=output, stderr=output, start_new_session=True)
    return Running(name, process, output)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()
