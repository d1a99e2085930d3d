"""Our errors in a log: once, without a trace; others as they always are."""

from __future__ import annotations

import logging

from jupyter_sparkk8s.errors import Cause, LaunchError
from jupyter_sparkk8s.provisioner.short_errors import shorten


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def logged(*errors: BaseException) -> list[str]:
    """What a log of its own shows of these, each logged as jupyter_client does."""
    log, lines = logging.getLogger(f"short-{id(errors)}"), Lines()
    log.handlers, log.filters, log.propagate = [lines], [], False
    shorten(log)
    shorten(log)
    for error in errors:
        try:
            raise error
        except type(error):
            log.exception(error)
    return lines.lines


def test_an_error_of_ours_is_told_once_and_in_short() -> None:
    ours = LaunchError(Cause("No room.", "0/1 nodes", "Wait."))
    http = RuntimeError("HTTP 500")
    http.__cause__ = ours
    another = LaunchError(Cause("Another.", "", ""))
    assert logged(ours, ours, http, another) == ["No room.\n0/1 nodes\nWait.", "Another."]


def test_an_error_of_another_keeps_its_trace() -> None:
    (text,) = logged(RuntimeError("boom"))
    assert text.startswith("boom\nTraceback")
