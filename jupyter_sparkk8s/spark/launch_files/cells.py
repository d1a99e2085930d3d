"""Tells Spark which cell a job is of: by a job tag, so that a user's own job groups and descriptions stay as they are.
The tag is set by a cell's first call into the JVM, and again where the cell makes a context anew: cells without Spark cost
nothing, and no session is made for it.
"""

from __future__ import annotations

import sys
import threading
from functools import wraps
from typing import Any

PREFIX = "sparkk8s-cell-"


class Cells:
    """Of one notebook. Only the main thread's jobs are tagged, and what Spark lets inherit from it."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._main = threading.main_thread().ident
        self._is_numbered = False  # whether the running cell has a number
        self._before = 0  # what IPython had noted before the running cell
        self._tagged: Any = None  # the context that has this cell's tag
        self._set: tuple[Any, str] = (None, "")  # the last tag, and whose it is

    def install(self) -> None:
        """Begin with the next cell."""
        self._shell.events.register("pre_run_cell", self._begin)

    def _begin(self, info: Any) -> None:
        if threading.get_ident() == self._main:
            self._is_numbered, self._tagged, self._before = bool(info.store_history), None, self._noted()

    def _noted(self) -> int:
        return len(self._shell.history_manager.input_hist_raw)

    def join(self, pyspark: Any) -> None:
        """Once pyspark is imported: see the main thread's calls. Before ``contexts``, which asks who calls."""
        if not hasattr(getattr(pyspark, "SparkContext", None), "addJobTag"):
            return  # before 3.5, or pyspark-client
        cls = sys.modules["py4j.java_gateway"].GatewayClient
        send = cls.send_command

        @wraps(send)
        def send_command(client: Any, *args: Any, **kwargs: Any) -> Any:
            if self._is_numbered and threading.get_ident() == self._main:
                context = pyspark.SparkContext._active_spark_context
                if context is not self._tagged:
                    self._tag(context, client)
            return send(client, *args, **kwargs)

        cls.send_command = send_command

    def _tag(self, context: Any, client: Any) -> None:
        """Once for each cell and context, as soon as there is one."""
        if getattr(context, "_jsc", None) is None or context._gateway._gateway_client is not client:
            return
        # IPython counts on before a cell or, in older ones, after it; what it has noted of the running one is sure. It notes
        # that after whatever is called before each cell, as is what makes the session the main thread's.
        if (noted := self._noted()) == self._before:
            return
        self._tagged = context
        tag = PREFIX + str(noted - 1)
        try:
            owner, last = self._set
            if owner is context and last != tag:
                context.removeJobTag(last)
            context.addJobTag(tag)
            self._set = context, tag
        except Exception:  # the cell's own call will tell what is wrong
            self._set = None, ""
