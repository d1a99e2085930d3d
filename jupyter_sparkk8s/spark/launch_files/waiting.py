"""Which cells wait for Spark, and how: the wait is a statement of the cell itself, so that it can be interrupted, and an error
has the cell's traceback. Leaves out the waiting.
"""

from __future__ import annotations

import ast
import re
from types import FunctionType, ModuleType
from typing import Any

NAMES = ("spark", "sc")
# What needs no session, or tells too little; and what the user makes one with.
_PLAIN = re.compile(r"pyspark(\.errors\b.*|\.sql(\.types\b.*|\.Row)?)?$")
_BUILDERS = re.compile(r"pyspark\..*\b(SparkSession|SparkContext|SparkConf|Builder)$")
_WORD = re.compile(r"\b\w+\b(?!-)")  # spark-submit is another program
_WAIT = "__import__('_sparkk8s_session')._sparkk8s_wait()"


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
        call = ast.parse(_WAIT).body[0]
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
