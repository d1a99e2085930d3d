"""`python -m tests.rings <ring> …`: runs each ring named, goes on after a failure, ends with a line for each."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.rings import beside, browser, cluster
from tests.rings.result import (
    BY_TWO,
    CHECKOUT,
    Result,
    State,
    and_alone,
    command,
    count,
    everything_required,
    fresh_report,
    pytest,
)

BIN = Path(sys.executable).parent
JLPM = (str(BIN / "jlpm"), "run")
PANEL = CHECKOUT / "labextension"
END = "\n\n"  # before the lines that say what came of it all


def lint() -> Result:
    """Linters of both languages; all of them run, so that one look shows every fault."""
    steps = {
        "ruff check": command(str(BIN / "ruff"), "check", "."),
        "ruff format": command(str(BIN / "ruff"), "format", "--check", "."),
        "mypy": command(str(BIN / "mypy")),
        "import-linter": command(str(BIN / "lint-imports")),
        "labextension": command(*JLPM, "lint", cwd=PANEL),
    }
    failed = [name for name, code in steps.items() if code]
    return Result(State.FAILED, ", ".join(failed)) if failed else Result(State.PASSED, ", ".join(steps))


def labextension() -> Result:
    """The panel's own tests."""
    report = fresh_report("labextension")
    code = command(*JLPM, "test", "--reporter=default", "--reporter=junit", f"--outputFile.junit={report}", cwd=PANEL)
    return Result(State.FAILED if code else State.PASSED, count(report))


def local() -> Result:
    """Real server and real Spark; the browser's tests only where there is one, and one file after the other: beside others
    JupyterLab is late with what it asks a new kernel itself, and then takes one that works for idle.
    """
    reason = browser.obstacle()
    without = pytest("local", "-m", "not browser and not long", *BY_TWO)
    if reason:
        return browser.noted(without, reason)
    return and_alone(without, pytest("local", "-m", "browser and not long", report="local-browser"))


RINGS: dict[str, Callable[[], Result]] = {
    "lint": lint,
    "pure": lambda: pytest("pure"),
    "packaging": lambda: pytest("packaging", *BY_TWO),
    "labextension": labextension,
    "local": local,
    "cluster": cluster.run,
}


# These measure nothing and share nothing, so that they may run side by side; the longest first.
SMALL = ("packaging", "lint", "pure", "labextension")


def main(names: Sequence[str]) -> int:
    """Run the rings, first the small ones; returns 1 if one failed, or could not run though all are required."""
    # `make` and CI end us by SIGTERM: what was started must still be taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lines: list[str] = []
    failed = False
    small = [name for name in SMALL if name in names]
    if len(small) > 1:
        for name, code, printed in beside.run(small):
            before, _, last = (
                printed.rpartition(END) if code in (0, 1) else (printed, "", f"{name:<13} FAILED, exit code {code}")
            )
            print(before, flush=True)
            lines.append(last.rstrip())
            failed |= code != 0
        names = [name for name in names if name not in small]
    for name in names:
        print(f"\n── {name} ──", flush=True)
        begin = time.monotonic()
        result = RINGS[name]()
        failed |= result.state is State.FAILED or (result.state is State.NOT_RUN and everything_required())
        lines.append(f"{name:<13} {result.state.value:<12} {time.monotonic() - begin:5.0f} s  {result.detail}".rstrip())
        lines += [f"{'':<13} {note}" for note in result.notes]
    print(END + "\n".join(lines))
    if failed and any("DID NOT RUN" in line for line in lines) and everything_required():
        print("SPARKK8S_REQUIRE_CLUSTER=1: a ring that did not run is a failure.")
    return int(failed)


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in RINGS]
    if unknown or not sys.argv[1:]:
        sys.exit(f"rings: {' '.join(RINGS)}" + (f"; not {' '.join(unknown)}" if unknown else ""))
    sys.exit(main(sys.argv[1:]))
