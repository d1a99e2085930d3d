"""Ends what an interrupted cell began in Spark: its jobs, its streaming queries, its calls into the JVM. A thread of its own
does it: the main thread's connection to the JVM is in the middle of a call. Leaves out which signal interrupts what.
"""

from __future__ import annotations

import sys
import threading
import time
from functools import wraps
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S = 0.1
QUIET = 5  # sweeps in a row that found nothing, before all is taken to be over
PATIENCE_S = 5.0  # for jobs that the cell's own threads, or a call that has not ended yet, go on to submit


class _CallLeft(BaseException):
    """An interrupt in the middle of a call into the JVM. Py4J, told of a KeyboardInterrupt, closes all threads' connections."""


class Cancel:
    """Of one notebook. Jobs and streaming queries that were there before the cell began are left alone. ``activate`` makes
    the session, if there is one, the active one of the JVM's thread that serves this one.
    """

    def __init__(self, activate: Callable[[], None]) -> None:
        self._activate = activate
        self._main = threading.main_thread().ident
        self._began = 0.0
        self._is_beside_code: Callable[[Any], bool] = lambda frame: False
        # No locks: ``note`` may run while the main thread holds them. This queue is made for that.
        self._noted: SimpleQueue[float] = SimpleQueue()
        self._asked = self._answered = 0
        self._connection: Any = None
        self._asking = False
        self._thread: Any = None  # the JVM's, that serves the main thread's connection
        self._left: list[tuple[Any, int]] = []  # threads of the JVM whose call was left; how often seen alive since
        self._queries: dict[str, tuple[float, Any]] = {}  # streaming queries by run id: seen first, and Java's
        self._stopping: set[str] = set()

    def install(self, is_beside_code: Callable[[Any], bool]) -> None:
        """Begin to cancel what is noted; by a frame can be told whether it is of what comes before or after a cell's code."""
        self._is_beside_code = is_beside_code
        threading.Thread(target=self._serve, name="spark-interrupts", daemon=True).start()

    def join(self) -> None:
        """Once pyspark is imported, not pyspark-client: see the main thread's calls into the JVM, and new streaming queries."""
        from pyspark.sql.streaming.query import StreamingQuery

        java_gateway = sys.modules["py4j.java_gateway"]
        # Py4J tells of a lost connection on the root logger: a stack trace in the cell, and logging set up for the user.
        java_gateway.logging = java_gateway.logger  # type: ignore[attr-defined]
        self._see_calls(java_gateway.GatewayClient)
        for connection in (java_gateway.GatewayConnection, sys.modules["py4j.clientserver"].ClientServerConnection):
            _leave_calls_alone(connection)
        self._see_queries(StreamingQuery)

    def begin(self) -> None:
        """A cell begins."""
        self._began = time.time()

    def note(self) -> None:
        """From the signal's handler: the cell that runs is interrupted."""
        self._asked += 1
        self._noted.put(self._began)

    def _see_queries(self, cls: Any) -> None:
        init = cls.__init__

        @wraps(init)
        def __init__(query: Any, jsq: Any) -> None:  # noqa: N807
            init(query, jsq)
            self._queries.setdefault(jsq.runId().toString(), (time.time(), jsq))

        cls.__init__ = __init__

    def _see_calls(self, cls: Any) -> None:
        send = cls.send_command

        @wraps(send)
        def send_command(client: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._main:
                return send(client, *args, **kwargs)
            self._let_it_end()
            try:
                self._know_thread(client)
                return send(client, *args, **kwargs)
            except _CallLeft:
                self._left.append((self._thread, 0))
                raise KeyboardInterrupt from None

        cls.send_command = send_command

    def _let_it_end(self) -> None:
        """After an interrupt, the main thread's next call is not swept away with the jobs of its last one."""
        if self._answered == self._asked or self._is_beside_code(sys._getframe()):
            return  # what we do before and after a cell makes no jobs
        until = time.monotonic() + PATIENCE_S
        while self._answered < self._asked and time.monotonic() < until:
            time.sleep(EVERY_S / 5)

    def _know_thread(self, client: Any) -> None:
        """Ask a new connection of the main thread for the JVM's thread at its other end, which knows no active session."""
        find = getattr(client, "get_thread_connection", None)  # there is none without pyspark's pinned threads
        gateway = sys.modules["pyspark"].SparkContext._gateway
        if find is None or gateway is None or gateway._gateway_client is not client or self._asking:
            return
        connection = find()
        if connection is not None and connection.socket is not None and connection is self._connection:
            return
        self._asking, self._thread = True, None
        try:
            self._thread = gateway.jvm.java.lang.Thread.currentThread()
            self._connection = find()
            self._activate()
        finally:
            self._asking = False

    def _serve(self) -> None:
        while True:
            began, asked = self._noted.get(), self._asked
            until, quiet = time.monotonic() + PATIENCE_S, 0
            while time.monotonic() < until and quiet < QUIET:
                try:
                    quiet = 0 if self._sweep(began) else quiet + 1
                except Exception:  # a context that stops has no jobs, and a JVM that ended has none
                    quiet += 1
                time.sleep(EVERY_S)
            self._answered = asked

    def _sweep(self, began: float) -> bool:
        """Cancel what is there now of the cell that began then; whether there was anything."""
        context = getattr(sys.modules.get("pyspark"), "SparkContext", None)
        context = context and context._active_spark_context
        if context is None or getattr(context, "_jsc", None) is None:
            return False
        sc = context._jsc.sc()
        self._queries = {run: seen for run, seen in self._queries.items() if seen[1].isActive()}
        ended = self._began if self._began > began else float("inf")
        own = {run for run, (seen, _) in self._queries.items() if began <= seen < ended}
        for run in own - self._stopping:  # ends its jobs by itself: without an error
            threading.Thread(target=self._queries[run][1].stop, name="spark-stop-query", daemon=True).start()
        self._stopping = own
        active = list(sc.statusTracker().getActiveJobIds())
        jobs = [job for job in active if _is_of(sc.statusStore().job(job), began, ended, set(self._queries))]
        if len(jobs) == len(active) and not self._queries and ended > time.time():
            sc.cancelAllJobs()  # those too that the listing does not know yet
        else:
            for job in jobs:
                sc.cancelJob(job)
        return bool(jobs or own) | self._end_calls()

    def _end_calls(self) -> bool:
        """Wake threads of the JVM that still wait for something: nobody waits for them. Most end with their job."""
        self._left = [(thread, seen + 1) for thread, seen in self._left if thread is not None and thread.isAlive()]
        for thread, seen in self._left:
            if seen > QUIET:
                thread.interrupt()
        return bool(self._left)


def _is_of(job: Any, began: float, ended: float, others: set[str]) -> bool:
    """Whether a job is of the cell that ran then, and of none of the ``others``: streaming queries by their run ids, which
    are their jobs' groups.
    """
    group, submitted = job.jobGroup(), job.submissionTime()
    if group.isDefined() and group.get() in others:
        return False
    return not submitted.isDefined() or int(began * 1000) <= submitted.get().getTime() < ended * 1000


def _leave_calls_alone(cls: Any) -> None:
    """Let an interrupt close the one connection whose call it has ended, and no other thread's."""
    send = cls.send_command

    @wraps(send)
    def send_command(connection: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return send(connection, *args, **kwargs)
        except KeyboardInterrupt:
            connection.close()  # its answer must not be taken for the next call's
            raise _CallLeft from None

    cls.send_command = send_command
