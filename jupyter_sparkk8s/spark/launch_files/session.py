"""Puts ``spark`` and ``sc`` into the notebook: made on a thread of its own, waited for by the first cell that uses Spark.
Leaves out every setting: SPARK_CONF_DIR holds those.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast

_LOG_LINES = 15
_NOISE = re.compile(r"\s+at \S+\(|\s+\.\.\. \d+ (more|common)|WARNING: Using incubator modules")
_CALL = re.compile(r"^An error occurred while calling .*\n: ")  # Py4J's word for any constructor


class SparkStartError(RuntimeError):
    """Spark could not be started; the text says why and what to do."""


class Session:
    """The notebook's SparkSession. ``wait`` is for the main thread; ``start`` may be called from any, and twice."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._handed_over = False

    def start(self) -> None:
        """Begin to make the session, if that has not begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._make, name="spark-session", daemon=True)
                self._thread.start()

    def _make(self) -> None:
        try:
            from pyspark.sql import SparkSession

            _keep_logs_out_of_cells()
            self._publish(SparkSession.builder.getOrCreate())
        except BaseException as error:  # the cell that needs the session raises it
            self._error = error
        finally:
            self._done.set()

    def _publish(self, spark: Any) -> None:
        """Name it in the notebook, where the user has not taken the names."""
        for name, value in (("spark", spark), ("sc", spark.sparkContext)):
            self._shell.user_ns.setdefault(name, value)
            self._shell.user_ns_hidden.setdefault(name, value)  # %who lists what the user made

    def rename(self, **names: tuple[Any, Any]) -> None:
        """Let names of the notebook that mean the first of a pair mean the second, where that is something."""
        for name, (old, new) in names.items():
            if new is not None and new is not old and self._shell.user_ns.get(name) is old:
                self._shell.user_ns[name] = self._shell.user_ns_hidden[name] = new

    def wait(self) -> None:
        """Return when the session is there, saying so if that takes a moment. Raises SparkStartError; can be interrupted."""
        __tracebackhide__ = True
        if self._handed_over:
            self._restore()
            return
        is_there = _has_context()
        self.start()
        if is_there:  # made by a cell: it is taken over in a moment
            self._done.wait()
        elif not self._done.wait(0.2):
            print("Spark is starting; this cell goes on as soon as it is ready.", file=sys.stderr, flush=True)
            self._done.wait()
            from IPython.display import clear_output

            clear_output()  # type: ignore[no-untyped-call]
        if self._error is not None:
            raise failure(self._error) from None
        self.hand_over()

    def hand_over(self) -> None:
        """Once the session is there: make it the main thread's active one, where a module of the user's may ask for it."""
        if not self._handed_over and self._done.is_set() and self._error is None:
            activate()
            self._handed_over = True

    def _restore(self) -> None:
        """After %reset the names are gone, and the session is still there."""
        if "spark" not in self._shell.user_ns:
            from pyspark.sql import SparkSession

            if (session := SparkSession.getActiveSession()) is not None:
                self._publish(session)


def _has_context() -> bool:
    context = getattr(sys.modules.get("pyspark"), "SparkContext", None)
    return getattr(context, "_active_spark_context", None) is not None


def activate() -> None:
    """Make the session the main thread's active one: Spark keeps that per thread, and it was made on another."""
    from pyspark.sql import SparkSession

    session = SparkSession._activeSession or SparkSession._instantiatedSession
    if session is not None and session._sc._jsc is not None:
        jvm: Any = session._jvm
        find = getattr(SparkSession, "_get_j_spark_session_class", None)
        owner = find(jvm) if find is not None else jvm.SparkSession
        owner.setActiveSession(session._jsparkSession)
        SparkSession._activeSession = session


def failure(error: BaseException) -> SparkStartError:
    """What failed, the end of Spark's own log, and the way on; no stack traces."""
    lines = ["Spark did not start: " + "\n".join(_words(_CALL.sub("", str(error)))).strip()]
    try:
        with open(os.environ["SPARKK8S_LOG"], errors="replace") as file:
            tail = _words(file.read())[-_LOG_LINES:]
    except (KeyError, OSError):
        tail = []
    if tail:
        lines += ["The end of Spark's log:", *("  " + line for line in tail)]
    lines.append("Correct the setting that it names and restart the kernel, or show this text to your administrator.")
    return SparkStartError("\n".join(lines))


def _words(text: str) -> list[str]:
    """The lines of an error or a log, but for Java's stack frames and what it says at every start."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and not _NOISE.match(line)]


def _keep_logs_out_of_cells() -> None:
    """PySpark ≥ 4 logs a failed query to stderr, the JVM's whole stack trace with it: that goes to Spark's log. The cell has
    its exception.
    """
    try:
        from pyspark.logger import PySparkLogger
    except ImportError:
        return
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logger = PySparkLogger.getLogger(name)
        if logger.handlers and "SPARKK8S_LOG" in os.environ:
            logger.handlers.clear()
            logger.addHandler(logging.FileHandler(os.environ["SPARKK8S_LOG"], encoding="utf-8", delay=True))


def _sparkk8s_wait() -> None:
    __tracebackhide__ = True
    if _session is not None:
        _session.wait()


_session: Session | None = None


def install(shell: Any, session: Session, transformer: ast.NodeTransformer) -> None:
    """Let cells wait for ``session`` where ``transformer`` puts the wait."""
    global _session
    _session = session
    shell.magics_manager.magics["line"].pop("sc", None)  # a cell of these two letters would run this old magic instead
    shell.ast_transformers.append(transformer)
    shell.events.register("pre_run_cell", lambda *_: session.hand_over())
