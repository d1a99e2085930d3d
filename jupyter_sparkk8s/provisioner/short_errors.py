"""A failed start is one short text in logs and terminals too: a trace would tell nobody why a pod did not start.
Leaves out errors that are not ours: those are shown as they always are. With debug logging all traces stay.
"""

from __future__ import annotations

import logging
import sys
import weakref
from typing import TYPE_CHECKING

from jupyter_core.application import JupyterApp
from tornado.log import app_log

from ..errors import SparkK8sError

if TYPE_CHECKING:
    from types import TracebackType


class ShortErrors(logging.Filter):
    """Lets an error of ours be logged once and without its trace: jupyter_client and jupyter_server each log it."""

    _told: weakref.ref[SparkK8sError] | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be logged."""
        error = _ours(record.exc_info[1] if isinstance(record.exc_info, tuple) else None)
        if error is None:
            return True
        if self._told is not None and self._told() is error:
            return False
        self._told = weakref.ref(error)
        record.exc_info = record.exc_text = None
        return True


def shorten(log: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> None:
    """Let this log tell of our errors in short, and Python too where one of them ends an application of Jupyter's
    (`jupyter console`, `jupyter execute`). May be called for each start.
    """
    logger = log.logger if isinstance(log, logging.LoggerAdapter) else log
    if JupyterApp.initialized() and str(JupyterApp.instance().log_level) in ("0", "10", "DEBUG"):
        return
    short = next((each for each in logger.filters if isinstance(each, ShortErrors)), None) or ShortErrors()
    # Tornado's is where a restart after a death fails.
    for each in (logger, app_log):
        each.addFilter(short)
    if JupyterApp.initialized() and not isinstance(sys.excepthook, _ShortEnd):
        sys.excepthook = _ShortEnd()


class _ShortEnd:
    """Python's last word on an error that nobody has caught."""

    def __init__(self) -> None:
        self._before = sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if _ours(error) is None:
            self._before(kind, error, trace)
        # else the log has told it


def _ours(error: BaseException | None) -> SparkK8sError | None:
    """The error itself, or what it was raised from, where that is ours (that of a server's HTTP error is)."""
    return next((each for each in (error, getattr(error, "__cause__", None)) if isinstance(each, SparkK8sError)), None)
