"""Interrupts and a cell's own session on the local backend: the same files as in a pod."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.notebook import Message, Notebook
    from tests.support.server import JupyterServer


def test_an_interrupt_ends_the_cell_s_jobs(notebook: Notebook) -> None:
    sent: list[float] = []

    def interrupt() -> None:
        notebook.server.post(f"api/kernels/{notebook.kernel_id}/interrupt")

    def on_message(message: Message) -> None:
        if message["msg_type"] == "stream" and not sent:
            sent.append(time.monotonic())
            threading.Thread(target=interrupt).start()

    code = """
import threading, time
def say():
    while not sc.statusTracker().getActiveJobsIds():
        time.sleep(0.1)
    print("GO", flush=True)
threading.Thread(target=say).start()
sc.parallelize([1], 1).map(lambda x: time.sleep(600)).count()
"""
    result = notebook.execute(code, on_message=on_message)
    assert result.error.startswith("KeyboardInterrupt")
    assert result.stream("stderr") == ""
    assert notebook.run("print(list(sc.statusTracker().getActiveJobsIds()), sc.parallelize(range(9)).sum())") == "[] 36\n"
    assert time.monotonic() - sent[0] < 60  # the function sleeps for ten minutes


def test_an_interrupt_of_a_display_is_of_its_cell_alone(notebook: Notebook) -> None:
    cell = """
import os, signal
class Odd:
    def __repr__(self):
        os.kill(os.getpid(), signal.SIGINT)
        return "odd"
Odd()
"""
    assert notebook.execute(cell).error.startswith("KeyboardInterrupt")
    told = notebook.execute("try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()")
    assert told.error == ""
    assert [m["content"]["ename"] for m in told.messages if m["msg_type"] == "error"] == ["ZeroDivisionError"]


def test_a_cell_goes_on_after_the_cells_that_it_runs(notebook: Notebook) -> None:
    """As ``%run`` of a notebook does: what comes after them can be interrupted."""
    cells = "ip = get_ipython()\nip.run_cell('1'); ip.run_cell(''); ip.run_cell('2', silent=True)\n"
    ended = notebook.execute(cells + "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('not interrupted')")
    assert (ended.error.partition(":")[0], ended.stream("stdout")) == ("KeyboardInterrupt", "")


def test_an_interrupt_before_a_cell_s_code_comes_to_it(notebook: Notebook) -> None:
    """What is called before a cell, to make the session its thread's or by an extension, is not the cell."""
    notebook.run("""
import os, signal, time
ip = get_ipython()
def strike(*_):
    ip.events.unregister("pre_run_cell", strike)
    os.kill(os.getpid(), signal.SIGINT)
    seen.append("went on")
seen = []
""")
    first = "ip.events.callbacks['pre_run_cell'].insert(0, strike)"
    notebook.run(first)
    ended = notebook.execute("time.sleep(60)")
    assert (ended.error.partition(":")[0], ended.stream("stdout")) == ("KeyboardInterrupt", "")
    notebook.run(first)
    assert notebook.run("print(seen)") == "['went on', 'went on']\n"
    time.sleep(0.3)
    assert notebook.run("print(6 * 7)") == "42\n", "what came before the last cell is not this one's"


def test_a_cell_s_own_context_takes_an_unused_one_s_place(spark_server: JupyterServer, opened: Callable[..., Notebook]) -> None:
    own = opened(spark_server)
    code = """
from pyspark import SparkConf, SparkContext
sc = SparkContext(conf=SparkConf().setMaster("local").setAppName("mine").set("spark.driver.extraJavaOptions", "-Dmine=1"))
print(sc.appName, sc.master.split("[")[0], sc._jvm.java.lang.System.getProperty("mine"), spark.range(3).count())
"""
    try:
        result = own.execute(code, 300)
        assert (result.error, result.stream("stdout")) == ("", "mine local-cluster 1 3\n")
        assert "spark.master=local is left out" in result.stream("stderr")
    finally:
        own.close()
