"""What came of a ring, and how a ring's commands are run and counted."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REPORTS = CHECKOUT / "build" / "rings"
# Two processes take file after file, in the order in which they are collected: tests wait much.
BY_TWO = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")


class State(Enum):
    """How a ring ended."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_RUN = "DID NOT RUN"


@dataclass(frozen=True)
class Result:
    """One ring's end: `detail` counts its tests or says why it did not run; `notes` name parts that were left out."""

    state: State
    detail: str = ""
    notes: Sequence[str] = field(default_factory=tuple)


def and_alone(together: Result, alone: Result) -> Result:
    """What came of a ring of two runs."""
    state = State.PASSED if together.state is alone.state is State.PASSED else State.FAILED
    return Result(state, f"{together.detail}; by itself: {alone.detail}")


def everything_required() -> bool:
    """Whether a ring that can't run here counts as a failure (CI sets SPARKK8S_REQUIRE_CLUSTER=1)."""
    return os.environ.get("SPARKK8S_REQUIRE_CLUSTER", "0") not in ("", "0")


def command(*words: str, env: Mapping[str, str] | None = None, cwd: Path = CHECKOUT) -> int:
    """Run one command with its output on ours; returns its exit code."""
    print(f"$ {' '.join(words)}", flush=True)
    return subprocess.run(words, env={**os.environ, **(env or {})}, cwd=cwd, check=False).returncode


def pytest(ring: str, *arguments: str, env: Mapping[str, str] | None = None, report: str = "") -> Result:
    """Run the tests below `tests/<ring>`; no test found is a failure. `report` names the JUnit report, else the ring does."""
    path = fresh_report(report or ring)
    code = command(sys.executable, "-m", "pytest", f"tests/{ring}", f"--junitxml={path}", "--quiet", *arguments, env=env)
    return Result(State.PASSED if code == 0 else State.FAILED, count(path) if code != 5 else "no test was found")


def fresh_report(ring: str) -> Path:
    """Where a ring's JUnit report goes; a former one is gone."""
    report = REPORTS / f"{ring}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    return report


def count(report: Path) -> str:
    """What a JUnit report counts, in words."""
    if not report.exists():
        return "the tests did not finish"
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    total, failed, errors, skipped = (
        sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    counts = [f"{total - failed - errors - skipped} passed"]
    counts += [f"{number} {word}" for number, word in ((failed, "failed"), (errors, "errors"), (skipped, "skipped")) if number]
    return ", ".join(counts)
