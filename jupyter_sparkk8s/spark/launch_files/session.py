"""Puts ``spark`` and ``sc`` into the notebook: made on a thread of its own, waited for by the first cell that names them.
Leaves out every setting: SPARK_CONF_DIR holds those.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import threading
from typing import Any

NAMES = ("spark", "sc")
_MENTION = re.compile(r"\b({})\b(?!-)".format("|".join(NAMES)))  # spark-submit is another program
_WAIT = "_sparkk8s_wait"
_LOG_LINES = 15


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

    def wait(self) -> None:
        """Return when the session is there, saying so if that takes a moment. Raises SparkStartError; can be interrupted."""
        if self._handed_over:
            self._restore()
            return
        self.start()
        if not self._done.wait(0.2):
            print("Spark is starting; this cell goes on as soon as it is ready.", file=sys.stderr, flush=True)
            self._done.wait()
            from IPython.display import clear_output

            clear_output()  # type: ignore[no-untyped-call]
        if self._error is not None:
            raise SparkStartError(self._explain()) from None
        self._activate()
        self._handed_over = True

    def _restore(self) -> None:
        """After %reset the names are gone, and the session is still there."""
        if "spark" not in self._shell.user_ns:
            from pyspark.sql import SparkSession

            if (session := SparkSession.getActiveSession()) is not None:
                self._publish(session)

    def _explain(self) -> str:
        """What failed, the end of Spark's own log, and the way on."""
        lines = [f"Spark did not start: {type(self._error).__name__}: {self._error}"]
        try:
            with open(os.environ["SPARKK8S_LOG"], errors="replace") as file:
                tail = file.readlines()[-_LOG_LINES:]
        except (KeyError, OSError):
            tail = []
        if tail:
            lines += ["The end of Spark's log:", *("  " + line.rstrip() for line in tail)]
        lines.append("Correct the setting that it names and restart the kernel, or show this text to your administrator.")
        return "\n".join(lines)

    def _activate(self) -> None:
        """Make the session the main thread's active one: Spark keeps that per thread, and it was made on another."""
        from pyspark.sql import SparkSession

        session = SparkSession._instantiatedSession
        if session is not None:
            jvm: Any = session._jvm
            find = getattr(SparkSession, "_get_j_spark_session_class", None)
            owner = find(jvm) if find is not None else jvm.SparkSession
            owner.setActiveSession(session._jsparkSession)
            SparkSession._activeSession = session


class WaitForSpark(ast.NodeTransformer):
    """Lets a cell that reads ``spark`` or ``sc`` begin with the wait for it, in the cell itself: so that the wait can be
    interrupted, and an error has the cell's traceback. A cell that names neither runs untouched.
    """

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Put the wait in front where the cell reads Spark."""
        if not any(_reads_spark(part) for part in ast.walk(node)):
            return node
        first = 0
        while first < len(node.body) and _must_stay_first(node.body[first], first):
            first += 1
        call = ast.parse(f"__import__('_sparkk8s_session').{_WAIT}()").body[0]
        node.body.insert(first, ast.fix_missing_locations(call))
        return node


def _reads_spark(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in NAMES and isinstance(node.ctx, ast.Load)
    # What a magic is given is a string until the magic runs it.
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("run_cell_magic", "run_line_magic", "getoutput", "system")
        and any(isinstance(arg, ast.Constant) and _MENTION.search(str(arg.value)) for arg in node.args)
    )


def _must_stay_first(node: ast.stmt, position: int) -> bool:
    docstring = position == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _sparkk8s_wait() -> None:
    __tracebackhide__ = True
    if _session is not None:
        _session.wait()


_session: Session | None = None


def install(shell: Any, mode: str) -> None:
    """Give ``shell`` its session: at once (``eager``), by the first cell that names it (``lazy``), or not (``off``)."""
    global _session
    if mode == "off":
        return
    _session = Session(shell)
    shell.ast_transformers.append(WaitForSpark())
    if mode == "eager":
        _session.start()
