"""Says below an error for want of memory which setting helps: Spark says that among a hundred lines of Java, or not at all."""

from __future__ import annotations

import re
import sys
from typing import Any

_LESS = "aggregate or limit() it before collect() or toPandas(), or write it to a share"
PYTHON = (
    "Python was killed in an executor, most likely for want of memory. Use more and smaller partitions, or give Python more of "
    "it there: spark.executor.memoryOverhead in the first cell's session."
)
RESULT = f"The result is larger than a driver takes at once (spark.driver.maxResultSize): {_LESS}."
BROADCAST = (
    "A table that is broadcast must fit into the memory of the driver and of each executor. Leave broadcast() out, or set "
    "spark.sql.autoBroadcastJoinThreshold to -1."
)
JVM = (
    f"One of Spark's JVMs had no memory left. If it was for a result: {_LESS}. Else smaller partitions help, or larger "
    "executors (spark.executor.memory). A larger driver is for your administrator to offer."
)
# Of an error's text, and what it means; the first that fits says it.
_KINDS = {
    r"Python worker exited unexpectedly": PYTHON,
    r"is bigger than (spark\.driver\.maxResultSize|local result size limit)": RESULT,
    r"Not enough memory to build and broadcast|Cannot broadcast the table": BROADCAST,
    r"java\.lang\.OutOfMemoryError": JVM,
}


def hint(text: str) -> str:
    """What helps against an error of this text; empty where memory is not its cause."""
    return next((words for pattern, words in _KINDS.items() if re.search(pattern, text)), "")


def after_cell(result: Any) -> None:
    """IPython calls this with the cell's result, after it has shown its error."""
    try:
        words = hint(str(result.error_in_exec)) if result.error_in_exec is not None else ""
    except Exception:  # Py4J asks the JVM for an error's text, which may have ended with it
        return
    if words:
        print(words, file=sys.stderr, flush=True)


def install(shell: Any) -> None:
    """Look at each cell that has ended."""
    shell.events.register("post_run_cell", after_cell)
