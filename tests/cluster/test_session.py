"""The notebook's SparkSession: there without setup, made when the settings say, and silent but for what a cell prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import java_runs, last_line, run_in, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.notebook import Result
    from tests.support.server import JupyterServer

WAITS = "Spark is starting; this cell goes on as soon as it is ready.\n"
START_S = 280


@pytest.fixture(scope="module")
def opened(start_server: Callable[..., JupyterServer]) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook on a server of its own with these settings; closed with the module."""
    notebooks: list[Notebook] = []

    def open_one(**settings: Any) -> Notebook:
        notebooks.append(Notebook(start_server(access="port-forward", executor_instances=1, **settings)))
        return notebooks[-1]

    yield open_one
    for each in notebooks:
        each.close()


@pytest.fixture(scope="module")
def eager(opened: Callable[..., Notebook]) -> Notebook:
    """A new notebook as most are: no setting says when the session begins."""
    return opened()


@pytest.fixture(scope="module")
def lazy(opened: Callable[..., Notebook]) -> Notebook:
    return opened(session="lazy")


def driver_of(notebook: Notebook, namespace: Namespace) -> str:
    """The name of a notebook's pod."""
    (pod,) = [pod for pod in namespace.drivers(notebook.kernel_id) if "deletionTimestamp" not in pod["metadata"]]
    return str(pod["metadata"]["name"])


def steps(result: Result) -> list[str]:
    """What a notebook showed of a cell, in order: the names of streams, and where the output was cleared."""
    shown = [message for message in result.messages if message["msg_type"] in ("stream", "clear_output")]
    names = [message["content"].get("name", "cleared") for message in shown]
    return [name for before, name in zip([None, *names], names, strict=False) if name != before]


def assert_waited(result: Result) -> None:
    """The cell said that it waits; then that was cleared, and what it printed itself came after."""
    assert result.error == ""
    assert result.stream("stderr") == WAITS
    assert steps(result) == ["stderr", "cleared", "stdout"]


def test_it_begins_by_itself_and_the_first_cell_that_uses_it_waits(eager: Notebook, namespace: Namespace) -> None:
    pod = driver_of(eager, namespace)
    until(lambda: java_runs(namespace, pod), "a JVM in the pod of a notebook in which nothing has run")
    early = eager.execute("print('spark' in get_ipython().user_ns)")
    assert (early.stream("stdout"), early.stream("stderr")) == ("False\n", "")
    result = eager.execute("%%time\nprint(sc.master, spark.range(10).count())", START_S)
    assert_waited(result)
    first, *times = result.stream("stdout").splitlines()
    assert first.startswith("k8s://https://")
    assert first.endswith(" 10")
    assert times[-1].startswith("Wall time: ")


def test_a_later_cell_says_nothing(eager: Notebook) -> None:
    eager.run("sc", START_S)
    result = eager.execute("print(spark.range(11).count())")
    assert (result.stream("stdout"), result.stream("stderr"), steps(result)) == ("11\n", "", ["stdout"])


def test_it_is_the_one_session_of_this_thread(eager: Notebook) -> None:
    eager.run("from pyspark import SparkContext\nfrom pyspark.sql import SparkSession", START_S)
    assert last_line(eager, "SparkSession.builder.getOrCreate() is spark")
    assert last_line(eager, "SparkSession.getActiveSession() is spark")
    assert last_line(eager, "SparkContext.getOrCreate() is sc is spark.sparkContext")


@pytest.mark.parametrize(
    "cell",
    [
        "%time print(spark.range(12).count())",
        "%%time\nn = spark.range(12).count()\nprint(n)",
        "import asyncio\nawait asyncio.sleep(0.01)\nprint(await asyncio.to_thread(spark.range(12).count))",
        "print(earlier(12))",
        "async def later():\n    return earlier(12)\nprint(await later())",
        "from concurrent.futures import ThreadPoolExecutor as Pool\nprint(Pool(1).submit(earlier, 12).result())",
    ],
    ids=["%time", "%%time", "await", "function", "async function", "thread"],
)
def test_cells_of_every_kind_use_it(eager: Notebook, cell: str) -> None:
    eager.run("def earlier(rows):\n    return spark.range(rows).count()", START_S)
    result = eager.execute(cell)
    assert result.error == ""
    assert "12" in result.stream("stdout").splitlines()


def test_after_a_restart_a_first_cell_without_its_name_waits_as_well(eager: Notebook, namespace: Namespace) -> None:
    before = driver_of(eager, namespace)
    eager.restart()
    assert driver_of(eager, namespace) != before
    code = """
from pyspark.sql import SparkSession, functions as F
bright = F.col("id") < 12
session = SparkSession.getActiveSession()
print(session.range(100).where(bright).count())
"""
    result = eager.execute(code, START_S)
    assert_waited(result)
    assert result.stream("stdout") == "12\n"
    assert last_line(eager, "session is spark")


def test_lazy_starts_with_the_first_cell_that_uses_it(lazy: Notebook, namespace: Namespace) -> None:
    pod = driver_of(lazy, namespace)
    code = "import threading, time\ntime.sleep(3)\nprint([t.name for t in threading.enumerate() if t.name == 'spark-session'])"
    assert lazy.run(code) == "[]\n"
    assert not java_runs(namespace, pod)
    assert_waited(lazy.execute("import asyncio\nawait asyncio.sleep(0)\nprint(spark.range(3).count())", START_S))
    assert java_runs(namespace, pod)


def test_lazy_leaves_room_for_settings_of_one_s_own(lazy: Notebook) -> None:
    """What can't be changed in a running session: here the application's name and a static property."""
    lazy.restart()
    code = """
from pyspark.sql import SparkSession
mine = SparkSession.builder.appName("mine").config("spark.sql.warehouse.dir", "/tmp/mine").getOrCreate()
"""
    lazy.run(code, START_S)
    assert last_line(lazy, "[spark is mine, sc.appName, spark.conf.get('spark.sql.warehouse.dir')]") == [
        True,
        "mine",
        "file:/tmp/mine",
    ]


def test_off_never_starts_but_a_session_without_settings_is_right(plain: Notebook, namespace: Namespace) -> None:
    assert plain.execute("spark").error == "NameError: name 'spark' is not defined"
    assert plain.execute("print(sc)").error == "NameError: name 'sc' is not defined"
    assert not java_runs(namespace, driver_of(plain, namespace))
    code = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nprint(spark.range(13).count())"
    result = plain.execute(code, START_S)
    assert (result.error, result.stream("stdout"), result.stream("stderr")) == ("", "13\n", "")
    assert plain.run("print(spark.sparkContext.master)").startswith("k8s://")
    assert namespace.executors(plain.kernel_id)


def test_a_session_that_cannot_start_says_why_in_the_cell_that_needed_it(opened: Callable[..., Notebook]) -> None:
    notebook = opened(spark_conf={"spark.memory.fraction": "2"})
    assert notebook.run("print(6 * 7)") == "42\n"
    result = notebook.execute("print('before')\nspark.range(3).count()", START_S)
    assert result.error.startswith("SparkStartError: Spark did not start: ")
    assert "spark.memory.fraction should be between 0 and 1" in result.error
    assert result.error.splitlines()[-1].startswith("Correct the setting that it names and restart the kernel")
    assert "SparkSubmitArguments.scala" not in result.error
    assert (result.stream("stdout"), result.stream("stderr") in ("", WAITS)) == ("", True)
    assert notebook.execute("sc").error.startswith("SparkStartError: Spark did not start: ")
    assert notebook.run("print(6 * 7)") == "42\n"


def test_nothing_but_the_cell_s_own_words_is_shown_of_a_job(notebook: Notebook, namespace: Namespace) -> None:
    """Long enough for Spark's progress bar, and with a warning of the JVM, which goes to Spark's log."""
    notebook.run("sc", START_S)
    code = """
import time
from pyspark.sql import functions as F, Window
print("before")
print(sc.parallelize(range(8), 8).map(lambda x: time.sleep(0.7) or x).sum())
print(spark.range(9).select(F.sum("id").over(Window.orderBy("id")).alias("s")).agg(F.max("s")).first()[0])
"""
    result = notebook.execute(code, START_S)
    assert result.error == ""
    assert (result.stream("stdout"), result.stream("stderr")) == ("before\n28\n36\n", "")
    shown = {m["msg_type"] for m in result.messages if m["channel"] == "iopub"} - {"status", "execute_input"}
    assert shown == {"stream"}
    log = run_in(namespace, driver_of(notebook, namespace), "import os; print(open(os.environ['SPARKK8S_LOG']).read())")
    assert "No Partition Defined for Window operation" in log


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("spark.range(3).select('star')", "AnalysisException: [UNRESOLVED_COLUMN"),
        ("df = spark.range(3)\ndf.join(df, 'id').select(df.id + 'x')\ndf.select(df.id.star)", "AnalysisException: "),
        ("spark.sql('SELECT star FROM range(3)')", "AnalysisException: [UNRESOLVED_COLUMN"),
        ("sc.parallelize([1, 0]).map(lambda x: 1 / x).collect()", "PythonException: "),
        (
            "from pyspark.sql.functions import udf\nspark.range(2).select(udf(lambda x: 1 / x)('id')).show()",
            "PythonException: ",
        ),
    ],
    ids=["column", "dataframe", "sql", "task", "udf"],
)
def test_a_failing_cell_shows_its_error_and_no_log(notebook: Notebook, code: str, error: str) -> None:
    notebook.run("sc", START_S)
    result = notebook.execute(code, START_S)
    assert result.error.startswith(error)
    assert (result.stream("stdout"), result.stream("stderr")) == ("", "")
