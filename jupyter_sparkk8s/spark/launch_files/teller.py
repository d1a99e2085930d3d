"""Tells the notebook what it can't see by itself. Leaves out what that is."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


# What has not been told to hold for so long has healed: should it come back, it is news.
_HEALED_S = 60.0


class Teller:
    """Shows a text in the cell that runs, else at the start of the next one; each cause once, for as long as it holds."""

    def __init__(self, shell: Any, settled: Callable[[], None] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._kept: dict[str, str] = {}
        self._cell: contextvars.Context | None = None
        self._settled = settled
        shell.events.register("pre_run_cell", self._on_start)
        shell.events.register("post_run_cell", self._on_end)

    def tell(self, cause: str, text: str, healed_s: float = _HEALED_S) -> None:
        """From any thread, as often as ``cause`` is seen."""
        with self._lock:
            before, self._told[cause] = self._told.get(cause, float("-inf")), time.monotonic()
            if self._told[cause] - before < healed_s:
                return
        self._settled()
        with self._lock:
            if self._cell is None:
                self._kept[cause] = text
            else:
                # ipykernel knows by the context which cell the output belongs to.
                self._cell.run(_show, text)

    def _on_start(self, *_: Any) -> None:
        with self._lock:
            self._cell = contextvars.copy_context()
            kept, self._kept = self._kept, {}
        for text in kept.values():
            _show(text)

    def _on_end(self, *_: Any) -> None:
        with self._lock:
            self._cell = None


def _show(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def wait_for_session() -> None:
    """A cell that waits for the session clears what it has shown when that is there. Of one that nobody has asked for no
    cell waits: the user's own may be there.
    """
    session = getattr(sys.modules.get("_sparkk8s_session"), "_session", None)
    if session is not None and session._thread is not None and not session._done.is_set():
        session._done.wait(120)
        time.sleep(0.5)
