"""Puts ``spark`` and ``sc`` into the notebook: made on a thread of its own, waited for by the first cell that uses Spark.
Leaves out every setting: SPARK_CONF_DIR holds those.
"""

from __future__ import annotations

import ast
import logging
import os
import re
import sys
import threading
from types import FunctionType, ModuleType
from typing import Any

NAMES = ("spark", "sc")
# What needs no session, or tells too little; and what the user makes one with.
_PLAIN = re.compile(r"pyspark(\.errors\b.*|\.sql(\.types\b.*|\.Row)?)?$")
_BUILDERS = re.compile(r"pyspark\..*\b(SparkSession|SparkContext|SparkConf|Builder)$")
_WORD = re.compile(r"\b\w+\b(?!-)")  # spark-submit is another program
_WAIT = "_sparkk8s_wait"
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

    def wait(self) -> None:
        """Return when the session is there, saying so if that takes a moment. Raises SparkStartError; can be interrupted."""
        __tracebackhide__ = True
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
        self.hand_over()

    def hand_over(self) -> None:
        """Once the session is there: make it the main thread's active one, where a module of the user's may ask for it."""
        if not self._handed_over and self._done.is_set() and self._error is None:
            self._activate()
            self._handed_over = True

    def _restore(self) -> None:
        """After %reset the names are gone, and the session is still there."""
        if "spark" not in self._shell.user_ns:
            from pyspark.sql import SparkSession

            if (session := SparkSession.getActiveSession()) is not None:
                self._publish(session)

    def _explain(self) -> str:
        """What failed, the end of Spark's own log, and the way on; no stack traces."""
        lines = ["Spark did not start: " + "\n".join(_words(_CALL.sub("", str(self._error)))).strip()]
        try:
            with open(os.environ["SPARKK8S_LOG"], errors="replace") as file:
                tail = _words(file.read())[-_LOG_LINES:]
        except (KeyError, OSError):
            tail = []
        if tail:
            lines += ["The end of Spark's log:", *("  " + line for line in tail)]
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


class WaitForSpark(ast.NodeTransformer):
    """Lets a cell that uses Spark begin with the wait for it, in the cell itself: so that the wait can be interrupted, and
    an error has the cell's traceback. A cell uses Spark that reads ``spark``, ``sc``, or a name that leads into pyspark by
    its own imports or in the notebook's ``namespace``. Any other cell runs untouched; and without ``eager``, one that makes
    a session by itself, with settings of its own.
    """

    def __init__(self, namespace: dict[str, Any] | None = None, eager: bool = True) -> None:
        self._namespace = {} if namespace is None else namespace
        self._eager = eager

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Put the wait in front where the cell uses Spark."""
        parts = list(ast.walk(node))
        if not self._uses_spark(parts) or (not self._eager and any(map(_makes_a_session, parts))):
            return node
        first = 0
        while first < len(node.body) and _must_stay_first(node.body[first], first):
            first += 1
        call = ast.parse(f"__import__('_sparkk8s_session').{_WAIT}()").body[0]
        node.body.insert(first, ast.fix_missing_locations(call))
        return node

    def _uses_spark(self, parts: list[ast.AST]) -> bool:
        imports = [pair for part in parts for pair in _imports(part)]
        reads = {name for part in parts for name in _reads(part)}
        # Which names a star stands for is not known before it is imported.
        paths = [path for name, path in imports if name in reads or name == "*"]
        paths += [self._path(name) for name in reads - {name for name, _ in imports}]
        return not reads.isdisjoint(NAMES) or any(map(self._needs_session, paths))

    def _path(self, name: str) -> str:
        """The module that a name of the notebook means; or where its class or function is from, and how that is called."""
        value = self._namespace.get(name)
        if isinstance(value, ModuleType):
            return value.__name__
        maker = value if isinstance(value, (type, FunctionType)) else type(value)
        return f"{maker.__module__}.{maker.__name__}"

    def _needs_session(self, path: str) -> bool:
        return path.startswith("pyspark.") and not _PLAIN.match(path) and (self._eager or not _BUILDERS.match(path))


def _makes_a_session(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "SparkContext"
    return isinstance(node, ast.Attribute) and node.attr == "getOrCreate"


def _imports(node: ast.AST) -> list[tuple[str, str]]:
    """The names that an import makes, each with the path that it leads to."""
    if isinstance(node, ast.Import):
        return [(alias.asname, alias.name) for alias in node.names if alias.asname]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
    return []


def _reads(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Load) else []
    # What a magic is given is a string until the magic runs it.
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("run_cell_magic", "run_line_magic", "getoutput", "system")
    ):
        return [word for arg in node.args if isinstance(arg, ast.Constant) for word in _WORD.findall(str(arg.value))]
    return []


def _must_stay_first(node: ast.stmt, position: int) -> bool:
    docstring = position == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _sparkk8s_wait() -> None:
    __tracebackhide__ = True
    if _session is not None:
        _session.wait()


_session: Session | None = None


def install(shell: Any, mode: str) -> None:
    """Give ``shell`` its session: at once (``eager``), by the first cell that uses it (``lazy``), or not (``off``)."""
    global _session
    if mode == "off":
        return
    session = _session = Session(shell)
    shell.magics_manager.magics["line"].pop("sc", None)  # a cell of these two letters would run this old magic instead
    shell.ast_transformers.append(WaitForSpark(shell.user_ns, eager=mode == "eager"))
    shell.events.register("pre_run_cell", lambda *_: session.hand_over())
    if mode == "eager":
        session.start()
