"""An interrupt ends a cell and its Spark jobs wherever it hits: executors are free within seconds, and nothing else is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import all_executors, run_in, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.notebook import Message, Result
    from tests.support.server import JupyterServer

START_S = 280
FREE_S = 5.0
SLOTS = 2
WAITS = "Spark is starting"
HELPERS = f"""
import asyncio, os, threading, time
from concurrent.futures import ThreadPoolExecutor
from pyspark import SparkContext

def busy():
    context = SparkContext._active_spark_context
    if context is None or not getattr(context, "_jsc", None):
        return [], []
    core = context._jsc.sc()
    found = core.statusStore().executorList(True)
    executors = [found.apply(n) for n in range(found.size())]
    return list(core.statusTracker().getActiveJobIds()), [e.activeTasks() for e in executors if e.id() != "driver"]

def say():
    def watch():
        while not sum(busy()[1]):
            time.sleep(0.1)
        print("GO", flush=True)
    threading.Thread(target=watch).start()

def asleep(x):
    with open("/tmp/asleep", "a") as file:
        print(os.getpid(), file=file)
    time.sleep(600)

def endless():
    return spark.range(10**14).selectExpr("max(id % 7)").collect()

def free_slots():
    return sc.parallelize(range({SLOTS}), {SLOTS}).barrier().mapPartitions(lambda _: [1]).sum()
"""


@pytest.fixture(scope="module")
def notebook(start_server: Callable[..., JupyterServer]) -> Iterator[Notebook]:
    """A notebook whose Spark is not ready yet; one executor with two slots."""
    opened = Notebook(start_server(access="port-forward", executor_instances=1, executor_cores=SLOTS))
    yield opened
    opened.close()


def interrupted(
    notebook: Notebook, code: str, word: str = "GO", timeout_s: float = 120, ready: Callable[[], object] | None = None
) -> tuple[Result, float]:
    """Run a cell, interrupt the kernel when it has printed ``word`` and it is ``ready``.

    Returns what it gave, and when the interrupt was sent.
    """
    sent: list[float] = []
    senders: list[threading.Thread] = []

    def interrupt() -> None:
        if ready:
            until(ready, "the cell is ready to be interrupted")
        sent.append(time.monotonic())
        notebook.server.post(f"api/kernels/{notebook.kernel_id}/interrupt")

    def on_message(message: Message) -> None:
        if message["msg_type"] == "stream" and word in message["content"]["text"] and not senders:
            senders.append(threading.Thread(target=interrupt))
            senders[0].start()

    return notebook.execute(code, timeout_s, on_message), sent[0]


def assert_free(notebook: Notebook, sent: float) -> None:
    """No job is active, and no task of an executor, within the time; and the slots take tasks again."""
    until(lambda: json.loads(notebook.run("print(list(map(sum, busy())))")) == [0, 0], "all is free", FREE_S * 3)
    assert time.monotonic() - sent < FREE_S + 1, "with a second for the question itself"
    assert notebook.run("print(free_slots(), spark.range(7).count())") == f"{SLOTS} 7\n"


def test_completion_and_inspection_never_wait(notebook: Notebook) -> None:
    assert notebook.run("print('spark' in globals())") == "False\n"
    begun = time.monotonic()
    for code in ("spark.", "sc.par"):
        assert notebook.request("complete_request", {"code": code, "cursor_pos": len(code)})["content"]["status"] == "ok"
        found = notebook.request("inspect_request", {"code": code, "cursor_pos": 2, "detail_level": 0})
        assert found["content"]["status"] == "ok"
    took_s = time.monotonic() - begun
    assert took_s < 5 or notebook.run("print('spark' in globals())") == "False\n", "at once, or before Spark was there"


def test_the_wait_for_the_session(notebook: Notebook) -> None:
    result, sent = interrupted(notebook, HELPERS + "print(spark.range(3).count())", WAITS)
    assert result.error.startswith("KeyboardInterrupt")
    assert time.monotonic() - sent < FREE_S


def test_the_first_cell(notebook: Notebook, namespace: Namespace) -> None:
    """It waits for the session, defines what the others use, and is interrupted in its job."""
    result, sent = interrupted(notebook, HELPERS + "say()\nendless()", timeout_s=START_S)
    assert result.error.startswith("KeyboardInterrupt")
    assert_free(notebook, sent)
    all_executors(notebook, namespace, 1)


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("say(); endless()", "KeyboardInterrupt"),
        ("%%time\nsay(); endless()", "KeyboardInterrupt"),
        ("say()\nawait asyncio.to_thread(endless)", "CancelledError"),
        ("await asyncio.sleep(0.01)\nsay()\nendless()", ""),
        ("say()\nspark.range(10**14).filter('id % 7 = 8').toPandas()", ""),
        ("import time\nprint('GO', flush=True)\ntime.sleep(60)", "KeyboardInterrupt"),
        (
            "say()\nwith ThreadPoolExecutor(2) as pool: list(pool.map(lambda _: endless(), range(9)))",
            "",
        ),
        ("print('GO', flush=True)\nspark._jvm.java.lang.Thread.sleep(600000)", "KeyboardInterrupt"),
    ],
    ids=["plain", "%%time", "await", "in a coroutine", "toPandas", "no job", "threads", "no job in the JVM"],
)
def test_later_cells(notebook: Notebook, cell: str, error: str) -> None:
    result, sent = interrupted(notebook, cell)
    assert result.error.startswith(error)
    assert result.error
    assert_free(notebook, sent)


@pytest.mark.parametrize(
    "cell",
    [
        "say(); sc.parallelize([1, 2], 2).map(asleep).count()",
        "from pyspark.sql.functions import udf\nsay(); spark.range(2, numPartitions=2).select(udf(asleep)('id')).collect()",
    ],
    ids=["function", "UDF"],
)
def test_python_that_sleeps_in_an_executor_is_gone(notebook: Notebook, namespace: Namespace, cell: str) -> None:
    (pod,) = namespace.executors(notebook.kernel_id)

    def in_executor(code: str) -> Any:
        return json.loads(run_in(namespace, pod["metadata"]["name"], f"import json, os\n{code}", container="executor"))

    def sleepers() -> list[int]:
        # Of two that end together pyspark's daemon may take note of one: the other is dead nevertheless.
        lives = "os.path.exists(f'/proc/{pid}') and open(f'/proc/{pid}/stat').read().split()[2] != 'Z'"
        pids = "(open('/tmp/asleep').read().split() if os.path.exists('/tmp/asleep') else [])"
        return in_executor(f"print(json.dumps([int(pid) for pid in {pids} if {lives}]))")  # type: ignore[no-any-return]

    result, sent = interrupted(notebook, cell, ready=sleepers)
    assert result.error.startswith("KeyboardInterrupt")
    assert_free(notebook, sent)
    until(lambda: not sleepers(), "they are gone", FREE_S)


def test_what_a_cell_does_after_it_caught_the_interrupt_is_left_alone(notebook: Notebook) -> None:
    cell = "say()\ntry:\n    endless()\nexcept KeyboardInterrupt:\n    print('caught', spark.range(8).count())"
    result, sent = interrupted(notebook, cell)
    assert (result.error, result.stream("stdout")) == ("", "GO\ncaught 8\n")
    assert_free(notebook, sent)


def test_the_next_cell_s_jobs_are_left_alone(notebook: Notebook) -> None:
    """It comes at once, and its jobs are another thread's, which does not wait for the sweep."""
    for _ in range(3):
        interrupted(notebook, "say(); endless()")
        assert notebook.run("print(await asyncio.to_thread(lambda: spark.range(9).count()))") == "9\n"


def test_what_earlier_cells_began_goes_on(notebook: Notebook) -> None:
    """A streaming query, and a job of a thread; and no call of such a thread is lost."""
    notebook.run("""
query = spark.readStream.format("rate").option("rowsPerSecond", 5).load().writeStream.format("memory").queryName("kept").start()
while not query.lastProgress:
    time.sleep(0.1)
def ask():
    while not stop.is_set():
        asked.append(sc._jsc.sc().applicationId())
stop, asked, job = threading.Event(), [], []
threads = [threading.Thread(target=ask) for _ in range(3)]
def work():
    sc.setJobGroup("a thread's", "")
    job.append(sc.parallelize([1], 1).map(lambda x: time.sleep(6) or 5).sum())
threads += [threading.Thread(target=work)]
for thread in threads:
    thread.start()
while not sc.statusTracker().getJobIdsForGroup("a thread's"):
    time.sleep(0.05)
""")
    result, _ = interrupted(notebook, "before = query.lastProgress['batchId']\nsay(); endless()")
    assert result.error.startswith("KeyboardInterrupt")
    code = """
stop.set()
for thread in threads:
    thread.join(20)
while query.isActive and query.lastProgress["batchId"] < before + 2:
    time.sleep(0.1)
print(job, [thread.is_alive() for thread in threads], len(asked) > 100, query.isActive, query.exception())
query.stop()
"""
    assert notebook.run(code) == "[5] [False, False, False, False] True True None\n"


def test_a_query_of_the_cell_itself_ends(notebook: Notebook) -> None:
    cell = """
mine = spark.readStream.format("rate").load().writeStream.format("memory").queryName("mine").start()
say()
mine.awaitTermination()
"""
    result, sent = interrupted(notebook, cell)
    assert result.error.startswith("KeyboardInterrupt")
    assert_free(notebook, sent)
    assert notebook.run("print(mine.isActive, mine.exception())") == "False None\n"


def test_the_session_is_still_the_active_one(notebook: Notebook) -> None:
    code = "from pyspark.sql import SparkSession\nprint(SparkSession.getActiveSession() is spark)"
    assert notebook.run(code) == "True\n"


def test_a_cell_in_another_thread_has_no_signals(notebook: Notebook) -> None:
    cell = "y = spark.range(5).count()"
    code = f"t = threading.Thread(target=get_ipython().run_cell, args=({cell!r},)); t.start(); t.join(); print(y)"
    result = notebook.execute(code)
    assert (result.error, result.stream("stdout"), result.stream("stderr")) == ("", "5\n", "")


def test_an_interrupt_at_any_moment_leaves_a_cell_its_reply(notebook: Notebook) -> None:
    """Before, in and after short cells: each ends, in one way or the other, and nothing is left for the next."""
    stop = threading.Event()

    def interrupt() -> None:
        while not stop.wait(random.uniform(0, 0.1)):
            notebook.server.post(f"api/kernels/{notebook.kernel_id}/interrupt")

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        ended = [notebook.execute(cell, 30) for _ in range(20) for cell in ("1 + 1", "spark.range(2)")]
    finally:
        stop.set()
        thread.join()
    assert {result.error.partition(":")[0] for result in ended} <= {"", "KeyboardInterrupt"}
    assert [out for result in ended if (out := result.stream("stdout"))] == []
    time.sleep(0.3)  # the last one that came early is sent again
    assert notebook.run("print(spark.range(7).count())") == "7\n"


def test_an_interrupt_around_a_request_does_not_end_the_kernel(notebook: Notebook) -> None:
    """Where ipykernel has just set its handler, and where it is about to take it back."""
    notebook.run("""
import os, signal
kernel = get_ipython().kernel
hooks = kernel.pre_handler_hook, kernel.post_handler_hook
def strike():
    os.kill(os.getpid(), signal.SIGINT)
kernel.pre_handler_hook = lambda: (hooks[0](), strike())
kernel.post_handler_hook = lambda: (strike(), hooks[1]())
""")
    for _ in range(3):
        assert notebook.run("print(6 * 7)") == "42\n"
    notebook.run("kernel.pre_handler_hook, kernel.post_handler_hook = hooks")
    assert notebook.run("print(spark.range(7).count())") == "7\n"
