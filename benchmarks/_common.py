"""What the measurements share: medians and spread, tables, the JSON line, and an end that cleans up, also on Ctrl-C."""

from __future__ import annotations

import argparse
import json
import math
import signal
import statistics
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

Summary = dict[str, float]


def summary(seconds: Sequence[float]) -> Summary:
    """Median and spread of repeats, in seconds, and how many there were."""
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "n": len(seconds)}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that ``percent`` per cent of ``values`` don't exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def print_table(rows: Mapping[str, Summary], unit: str = "s", factor: float = 1.0) -> None:
    """One line per row; figures times ``factor``."""
    width = max(map(len, rows))
    print(f"{'':{width}}  {'median':>9}  {'min':>9}  {'max':>9}   n   ({unit})")
    for name, row in rows.items():
        figures = "  ".join(f"{row[column] * factor:9.3f}" for column in ("median", "min", "max"))
        print(f"{name:{width}}  {figures}  {row['n']:2.0f}")


def print_goal(what: str, found: float, limit: float) -> None:
    """A ratio beside its goal."""
    print(f"{what}: {found:.2f} (goal: at most {limit:.2f}{'' if found <= limit else ', missed'})")


def note(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Arguments that each measurement has."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true", help="one JSON object on the last line")
    return made


def print_json(found: Mapping[str, Any]) -> None:
    """The last line."""
    print(json.dumps(found), flush=True)


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do ``work`` on a thread as long as the block lasts; it is given what is set at the block's end, and waited for."""
    done = threading.Event()
    thread = threading.Thread(target=work, args=(done,))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def end_tidily() -> None:
    """Let SIGTERM end the program as Ctrl-C does: through every ``finally``."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, stop)
