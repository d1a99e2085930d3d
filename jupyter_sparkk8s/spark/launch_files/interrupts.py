"""Where an interrupt hits: the cell's code, what comes just before or after it, or none. Leaves out how Spark's part of a
cell ends: ``cancel.py``.
"""

from __future__ import annotations

import inspect
import os
import signal
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_S = 0.1  # until a signal that came before the cell's code comes to it


class Interrupts:
    """Of one notebook. ``cancel`` is told when a cell's code begins, has ended, and is interrupted."""

    def __init__(self, shell: Any, cancel: Any) -> None:
        self._shell, self._cancel = shell, cancel
        self._main = threading.main_thread().ident
        self._in_cell, self._info = False, None
        self._in_request = self._early = False  # around the cell: its request; whether a signal came before the cell
        self._is_silent = False  # whether IPython tells of the request's cell by ``pre_execute`` alone
        self._in_other = False  # a request that runs no cell, such as a completion or a widget's message
        self._next: Any = signal.default_int_handler

    def install(self) -> None:
        """Begin; cells that run later can be interrupted. What is called before a cell is no cell's: be installed after it."""
        self._shell.events.register("pre_execute", self._before_cell)
        self._shell.events.register("pre_run_cell", self._begin)
        self._shell.events.callbacks["post_run_cell"].insert(0, self._end)  # before all else, for the same reason
        self._keep_replies(self._shell.kernel)
        self._keep_kernel(self._shell.kernel)
        self._cancel.install()

    def join(self, pyspark: Any) -> None:
        """Once pyspark is imported: see its new contexts, which set a handler of their own, and what there is to cancel."""
        if hasattr(pyspark, "SparkContext"):  # not in pyspark-client, which knows Spark Connect alone
            self._see_contexts(pyspark.SparkContext)
            self._cancel.join(pyspark)

    def _before_cell(self) -> None:
        if self._is_silent or self._in_other:
            self._begin()

    def _begin(self, info: Any = None) -> None:
        if threading.get_ident() != self._main or not (self._in_request or self._in_other):
            return  # a subshell's, for one: signals are the main thread's
        if not self._in_cell:  # else it is a cell of the running one, such as those of a notebook that ``%run`` runs
            self._in_cell, self._info = True, info
            self._cancel.begin()
            if self._early:
                threading.Timer(AGAIN_S, self._again, (info,)).start()
        self._take_signal()

    def _again(self, info: Any) -> None:
        if self._in_cell and self._info is info:
            os.kill(os.getpid(), signal.SIGINT)

    def _end(self, result: Any) -> None:
        if threading.get_ident() == self._main and (result is None or result.info is self._info):
            self._leave()

    def _leave(self) -> None:
        self._in_cell, self._info = False, None
        self._cancel.end()

    def _take_signal(self) -> None:
        """Come before the handler of ipykernel, which sets it anew for each request, and another for cells that await."""
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and handler != self._on_signal:
            self._next = handler
            signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: Any) -> None:
        if self._in_cell:
            self._cancel.note()
            self._next(number, frame)
        elif self._in_request:
            self._early = True
        elif self._in_other:
            self._next(number, frame)

    def _keep_replies(self, kernel: Any) -> None:
        """A KeyboardInterrupt just before or after a cell's code would cost the cell its reply: it would never end. What comes
        too early is sent again in the cell, what comes too late has nothing to interrupt.
        """
        execute = kernel.shell_handlers["execute_request"]

        async def execute_request(stream: Any, ident: Any, parent: Any) -> None:
            if threading.get_ident() != self._main:
                await execute(stream, ident, parent)
                return
            self._in_request, self._early = True, False
            self._is_silent = bool(parent["content"].get("silent"))
            self._take_signal()
            try:
                await execute(stream, ident, parent)
            except KeyboardInterrupt:  # in what IPython does when the code has ended
                error = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
                content = {**error, "execution_count": kernel.execution_count, "user_expressions": {}, "payload": []}
                kernel.session.send(stream, "execute_reply", content, parent, ident=ident)
            finally:
                kernel.shell.displayhook.msg = None  # left by a display that was cut short, it would fail a later cell
                self._leave()
                self._in_request = False

        kernel.shell_handlers["execute_request"] = execute_request

    def _keep_kernel(self, kernel: Any) -> None:
        """A KeyboardInterrupt where ipykernel sets its handler before a request, or takes it back after one, would end the
        kernel: there an interrupt has nothing to end.
        """

        def pre_handler_hook() -> None:
            if threading.get_ident() == self._main:
                self._next = signal.default_int_handler
                kernel.saved_sigint_handler = signal.signal(signal.SIGINT, self._on_signal)

        kernel.pre_handler_hook = pre_handler_hook
        for kind, handler in kernel.shell_handlers.items():
            if kind != "execute_request":
                kernel.shell_handlers[kind] = self._as_other(handler)

    def _as_other(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(handle)
        async def handler(*args: Any) -> None:
            is_main = threading.get_ident() == self._main
            self._in_other |= is_main
            try:
                answer = handle(*args)
                if inspect.isawaitable(answer):
                    await answer
            finally:
                if is_main:
                    self._leave()
                    self._in_other = False

        return handler

    def _see_contexts(self, cls: Any) -> None:
        """A context that is made in a cell sets a handler that cancels nothing: the main thread is in mid-call."""
        init = cls.__init__

        @wraps(init)
        def __init__(context: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            before = signal.getsignal(signal.SIGINT)
            try:
                init(context, *args, **kwargs)
            finally:
                if threading.get_ident() == self._main:
                    signal.signal(signal.SIGINT, before)

        cls.__init__ = __init__
