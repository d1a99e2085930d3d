"""Where an interrupt hits: the code of a cell, what IPython does before and after it, or none. Leaves out how Spark's part
of a cell ends: ``cancel.py``.
"""

from __future__ import annotations

import inspect
import os
import signal
import threading
import time
from functools import wraps
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_S = 0.1  # until a signal that did not hit the cell's code is sent again


class Interrupts:
    """Of one notebook. A KeyboardInterrupt just before or after a cell's code would be printed as a callback's error, or cost
    the cell its reply. What comes too early is sent again until it hits the code, what comes too late has nothing to hit.
    ``cancel`` is told when a cell begins, and when it is interrupted.
    """

    def __init__(self, shell: Any, cancel: Any) -> None:
        self._shell, self._cancel = shell, cancel
        self._main = threading.main_thread().ident
        self._request: object = None  # the one that runs a cell now
        self._in_other = False  # a request that runs no cell, such as a completion or a widget's message
        self._next: Any = signal.default_int_handler
        # No locks: the handler may run while the main thread holds them. This queue is made for that.
        self._missed: SimpleQueue[object] = SimpleQueue()
        self._run_code, self._trigger = shell.run_code.__func__.__code__, type(shell.events).trigger.__code__

    def install(self) -> None:
        """Begin; cells that run later can be interrupted."""
        self._shell.events.register("pre_execute", self._take_signal)
        self._keep_replies(self._shell.kernel)
        self._keep_kernel(self._shell.kernel)
        self._cancel.install(self._is_beside_code)
        threading.Thread(target=self._send_again, name="spark-signals", daemon=True).start()

    def join(self, pyspark: Any) -> None:
        """Once pyspark is imported: see its new contexts, which set a handler of their own, and what there is to cancel."""
        if hasattr(pyspark, "SparkContext"):  # not in pyspark-client, which knows Spark Connect alone
            self._see_contexts(pyspark.SparkContext)
            self._cancel.join()

    def _take_signal(self) -> None:
        """Come before the handler of ipykernel, which sets it anew for each request, and another for cells that await."""
        if threading.get_ident() != self._main:
            return  # a subshell: signals are the main thread's
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and handler != self._on_signal:
            self._next = handler
            signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: Any) -> None:
        if self._request is None:
            if self._in_other:
                self._next(number, frame)
        elif self._next is signal.default_int_handler and self._is_beside_code(frame):
            self._missed.put(self._request)
        else:  # the handler for cells that await raises nothing
            self._cancel.note()
            self._next(number, frame)

    def _is_beside_code(self, frame: Any) -> bool:
        """Whether a request runs, and neither its cell's code nor what draws the cell's figures."""
        while frame is not None:
            if frame.f_code is self._run_code:
                return False
            if frame.f_code is self._trigger and frame.f_locals["event"] == "post_execute":
                return False
            frame = frame.f_back
        return self._request is not None

    def _send_again(self) -> None:
        while True:
            request = self._missed.get()
            time.sleep(AGAIN_S)
            if self._request is request:
                os.kill(os.getpid(), signal.SIGINT)

    def _keep_replies(self, kernel: Any) -> None:
        do_execute, execute = kernel.do_execute, kernel.shell_handlers["execute_request"]

        @wraps(do_execute)
        async def do(*args: Any, **kwargs: Any) -> Any:
            try:
                return await do_execute(*args, **kwargs)
            except KeyboardInterrupt:  # in what IPython does when the code has ended
                error = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
                return {**error, "execution_count": kernel.execution_count, "user_expressions": {}, "payload": []}

        async def execute_request(stream: Any, ident: Any, parent: Any) -> None:
            if threading.get_ident() != self._main:
                await execute(stream, ident, parent)
                return
            self._request = object()
            self._take_signal()
            self._cancel.begin()
            try:
                await execute(stream, ident, parent)
            finally:
                kernel.shell.displayhook.msg = None  # left by a display that was cut short, it would fail a later cell
                self._request = None

        kernel.do_execute, kernel.shell_handlers["execute_request"] = do, execute_request

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
