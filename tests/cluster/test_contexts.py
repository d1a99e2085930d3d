"""Notebooks that make their own session, as Spark's guides do: an unused one makes room, what comes too late is told, and
stopping leaves nothing behind.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from jupyter_sparkk8s.spark.answers import CELL_TAG
from tests.cluster.spark_pods import all_executors, last_line, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

START_S = 280
WAITS = "Spark is starting; this cell goes on as soon as it is ready.\n"
ANEW = "Spark starts anew with the settings of this cell.\n"
LEFT_OUT = "spark.master=local{} is left out: in this notebook Spark runs with spark.master=k8s://"
# As a guide for one machine begins. Nothing here needs another session than the notebook's.
SQL_GUIDE = """
from pyspark.sql import SparkSession
there = sc
spark = (
    SparkSession.builder.master("local[*]")
    .appName("A first look at Spark SQL")
    .config("spark.some.config.option", "some-value")
    .config("spark.sql.shuffle.partitions", 5)
    .getOrCreate()
)
print(spark.sparkContext is there)
"""
RDD_GUIDE = """
from operator import add
from pyspark import SparkConf, SparkContext
from pyspark.sql import SQLContext
conf = SparkConf().setAppName("Word count").setMaster("local")
sc = SparkContext(conf=conf)
words = sc.parallelize(["to be or not to be", "that is the question"]).flatMap(str.split)
counts = dict(words.map(lambda word: (word, 1)).reduceByKey(add).collect())
table = SQLContext(sc).createDataFrame(sorted(counts.items()), ["word", "n"])
print(counts["to"], table.count(), sc.appName, spark.sparkContext is sc is SparkContext.getOrCreate())
"""
OWN_JVM = """
import zipfile
from pyspark import SparkConf
with zipfile.ZipFile("/tmp/mine.jar", "w") as jar:
    jar.writestr("mine/words.txt", "")
conf = SparkConf().set("spark.executor.memory", "600m")
kept = [spark]
mine = (
    SparkSession.builder.config(conf=conf).appName("mine").config("spark.jars", "/tmp/mine.jar")
    .config("spark.sql.extensions", "").config("spark.sql.warehouse.dir", "/tmp/mine").getOrCreate()
)
"""
# Sockets that the notebook's Python and its JVM listen on.
LISTENING = """
import os
def listening():
    inodes = {line.split()[9] for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}") if line.split()[3] == "0A"}
    mine = 0
    for pid in (os.getpid(), sc._gateway.proc.pid):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                continue
            mine += target[8:-1] in inodes and target.startswith("socket:")
    return mine
"""


@pytest.fixture(scope="module")
def notebook(start_server: Callable[..., JupyterServer]) -> Iterator[Notebook]:
    """A notebook whose Spark is not ready yet."""
    opened = Notebook(start_server(access="port-forward", executor_instances=1))
    yield opened
    opened.close()


def test_a_guide_s_first_cell_gets_the_session_that_is_there(notebook: Notebook) -> None:
    result = notebook.execute(SQL_GUIDE, START_S)
    assert (result.error, result.stream("stdout")) == ("", "True\n")
    assert LEFT_OUT.format("[*]") in result.stream("stderr")
    assert result.stream("stderr").removeprefix(WAITS).count("\n") == 1


def test_settings_of_an_unused_session_replace_it_and_its_jvm(notebook: Notebook, namespace: Namespace) -> None:
    """A builder is no use; nor is a SparkConf, or to keep the session: who kept it finds the new one in it."""
    result = notebook.execute(OWN_JVM, START_S)
    assert (result.error, result.stream("stdout"), result.stream("stderr")) == ("", "", ANEW)
    code = """
found = sc._jvm.Thread.currentThread().getContextClassLoader().getResource("mine/words.txt")
names = ["spark.app.name", "spark.executor.memory"]
c = sc.getConf()
"""
    value = """[found is not None, spark is mine, spark.sparkContext is sc, kept[0].range(3).count(), [c.get(n) for n in names],
spark.conf.get("spark.sql.warehouse.dir"), conf.getAll(), SparkSession.getActiveSession() is spark]"""
    expected = [True, True, True, 3, ["mine", "600m"], "file:/tmp/mine", [["spark.executor.memory", "600m"]], True]
    assert last_line(notebook, value, code) == expected

    def memory() -> list[str]:
        return [
            pod["spec"]["containers"][0]["resources"]["limits"]["memory"] for pod in namespace.executors(notebook.kernel_id)
        ]

    tags = last_line(notebook, "sorted(sc.getJobTags())", "sc.addJobTag('mine')")
    assert tags[0] == "mine", "the new session's cells are known by their number, too"
    assert [tag[: len(CELL_TAG)] for tag in tags[1:]] == [CELL_TAG]
    all_executors(notebook, namespace, 1)
    (own,) = memory()
    assert int(own.removesuffix("Mi")) < 1536


def test_what_comes_too_late_is_told_once(notebook: Notebook) -> None:
    cell = """
again = (
    SparkSession.builder.config("spark.executor.memory", "2g").config("spark.jars.packages", "a:b:1")
    .config("spark.sql.shuffle.partitions", "6").config("spark.executor.cores", "1").appName("other").getOrCreate()
)
print(again is spark, spark.conf.get("spark.sql.shuffle.partitions"), spark.range(3).count())
"""
    result = notebook.execute(cell)
    assert (result.error, result.stream("stdout")) == ("", "True 6 3\n")
    (line,) = result.stream("stderr").splitlines()
    assert line.startswith("Too late for spark.executor.memory=2g (stays 600m), spark.jars.packages=a:b:1 (stays unset): ")
    assert "Restart the kernel" in line
    assert notebook.execute(cell).stream("stderr") == ""
    same = "SparkSession.builder.config('spark.executor.memory', '614400k').config('spark.sql.ansi.enabled', 'false')"
    result = notebook.execute(f"{same}.getOrCreate()")
    assert (result.error, result.stream("stderr")) == ("", "")
    result = notebook.execute("from pyspark import SparkContext\nSparkContext('local', 'second')")
    assert result.error.startswith("ValueError: Cannot run multiple SparkContexts at once; existing SparkContext(app=mine, ")


def test_stopped_and_made_again_ten_times(notebook: Notebook, namespace: Namespace) -> None:
    before = last_line(notebook, "listening()", LISTENING)
    code = """
ids = []
for _ in range(10):
    spark.stop()
    spark = SparkSession.builder.getOrCreate()
    ids.append(sc.applicationId)
    assert spark.sparkContext is sc
"""
    assert len(set(last_line(notebook, "ids", code))) == 10
    assert last_line(notebook, "listening()") <= before
    last = last_line(notebook, "sc.applicationId")

    def left() -> set[str]:
        return {pod["metadata"]["labels"]["spark-app-selector"] for pod in namespace.executors(notebook.kernel_id)}

    until(lambda: left() == {last}, "only the last one's executor is left", 60)
    assert last_line(notebook, "sc.parallelize(range(4), 2).map(lambda x: x + 1).sum()") == 10


def test_an_application_s_name_may_be_of_any_length(notebook: Notebook, namespace: Namespace) -> None:
    """After it a node's folders are named, where executors are: 200 letters are too many there, and with 240 Spark ends."""
    code = """
from pyspark import SparkContext
from pyspark.sql import SparkSession
spark.stop()
spark = SparkSession.builder.appName("n" * 240).getOrCreate()
names = [sc.appName]
taken_over = sc.getConf().setAppName("m" * 200)
sc.stop()
sc = SparkContext(conf=taken_over)
names.append(sc.appName)
"""
    job = "sc.parallelize(range(4), 2).map(lambda x: x + 1).sum()"
    assert last_line(notebook, f"[*names, {job}]", code) == ["n" * 240, "m" * 200, 10]
    (driver,) = namespace.drivers(notebook.kernel_id)
    begin = re.escape(driver["metadata"]["name"])
    names = [pod["metadata"]["name"] for pod in namespace.executors(notebook.kernel_id)]
    assert names
    assert [name for name in names if not re.fullmatch(rf"{begin}-\d+-exec-\d+", name)] == []


def test_a_stopped_session_says_so(notebook: Notebook) -> None:
    notebook.run("spark.stop()")
    result = notebook.execute("spark.range(3).count()")
    assert result.error.startswith("AttributeError: ")
    assert result.stream("stderr") == "This SparkSession was stopped. A new one: spark = SparkSession.builder.getOrCreate()\n"
    assert notebook.execute("spark.stop()\nNone.x").stream("stderr") == ""


@pytest.mark.long
def test_after_the_last_cell_of_a_guide_its_first_one_runs_again(notebook: Notebook, namespace: Namespace) -> None:
    """In a new kernel; the context is replaced, its JVM is not needed anew."""
    notebook.restart()
    result = notebook.execute(RDD_GUIDE, START_S)
    assert (result.error, result.stream("stdout")) == ("", "2 8 Word count True\n")
    said = result.stream("stderr")
    assert LEFT_OUT.format("") in said
    assert ANEW in said
    notebook.run("sc.stop()")
    result = notebook.execute(RDD_GUIDE.replace('"Word count"', '"Again"'), START_S)
    assert (result.error, result.stream("stdout")) == ("", "2 8 Again True\n")
    assert not [line for line in result.stream("stderr").splitlines() if line.startswith(("Spark", "Too late"))]
    assert last_line(notebook, "sc.master").startswith("k8s://")
    assert json.dumps(last_line(notebook, "spark.range(3).count()")) == "3"
