"""What people do with PySpark beyond DataFrames works in a notebook as it is: its pandas API, ML, streams, job groups, and
modules that are sent to executors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.spark_pods import last_line

if TYPE_CHECKING:
    from tests.support.notebook import Notebook

START_S = 280


@pytest.fixture(scope="module", autouse=True)
def _started(notebook: Notebook) -> None:
    notebook.run("import os, time\nsc", START_S)


def test_the_pandas_api(notebook: Notebook) -> None:
    code = """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pyspark's own, about pandas
    import pyspark.pandas as ps
    stars = ps.DataFrame({"band": ["g", "r", "g", "r"], "mag": [1.5, 2.0, 2.5, 4.0]})
    mean = stars.groupby("band").mag.mean().sort_index()
    found = [mean.to_dict(), stars[stars.mag > 1.9].shape[0], stars.to_spark().count()]
"""
    assert last_line(notebook, "found", code) == [{"g": 2.0, "r": 3.0}, 3, 4]


def test_ml_with_vectors_as_arrays(notebook: Notebook) -> None:
    code = """
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import vector_to_array
rows = [(float(x), float(x % 3), float(x > 4)) for x in range(10)]
data = VectorAssembler(inputCols=["x", "y"], outputCol="features").transform(spark.createDataFrame(rows, ["x", "y", "label"]))
model = LogisticRegression(maxIter=20).fit(data)
out = model.transform(data).select("label", "prediction", vector_to_array("features")[0].alias("x")).orderBy("x").collect()
"""
    found = last_line(notebook, "[[row.x, row.label == row.prediction] for row in out]", code)
    assert found == [[float(x), True] for x in range(10)]


def test_a_stream_of_a_rate_source(notebook: Notebook) -> None:
    code = """
ticks = spark.readStream.format("rate").option("rowsPerSecond", 50).load()
query = ticks.writeStream.format("memory").queryName("ticks").start()
until = time.time() + 60
while time.time() < until and (not query.lastProgress or query.lastProgress["batchId"] < 2 or not spark.table("ticks").count()):
    time.sleep(0.1)
rows, batch = spark.table("ticks").count(), query.lastProgress["batchId"]
query.stop()
"""
    assert last_line(notebook, "[rows > 0, batch >= 2, query.isActive, query.exception()]", code) == [True, True, False, None]


def test_a_job_group_of_one_thread_is_cancelled_and_another_s_goes_on(notebook: Notebook) -> None:
    code = """
from pyspark import InheritableThread
results = {}
def work(name, seconds):
    sc.setJobGroup(name, name, interruptOnCancel=True)
    try:
        results[name] = sc.parallelize([1], 1).map(lambda x: time.sleep(seconds) or x).sum()
    except Exception as error:
        results[name] = "cancelled" in str(error)
threads = [InheritableThread(target=work, args=pair) for pair in (("stays", 4), ("goes", 600))]
for thread in threads:
    thread.start()
tracker = sc.statusTracker()
while not (tracker.getJobIdsForGroup("stays") and tracker.getJobIdsForGroup("goes")):
    time.sleep(0.1)
sc.cancelJobGroup("goes")
for thread in threads:
    thread.join(60)
"""
    assert last_line(notebook, "results", code) == {"stays": 1, "goes": True}


@pytest.mark.parametrize(
    "send", ["sc.addPyFile({!r})", "spark.addArtifacts({!r}, pyfile=True)"], ids=["addPyFile", "addArtifacts"]
)
def test_a_module_that_is_sent_is_there_in_driver_and_executors(notebook: Notebook, send: str) -> None:
    name = "sent_by_" + send[6:9].lower() + send[:2]
    code = f"""
from pyspark.sql.functions import udf
with open("/tmp/{name}.py", "w") as file:
    file.write("import socket\\ndef where(x):\\n    return x + 1, socket.gethostname()\\n")
{send.format(f"/tmp/{name}.py")}
def use(x):
    import {name}
    return {name}.where(x)[0]
import {name}
found = [sorted(row[0] for row in spark.range(4).select(udf(use, "long")("id")).collect()), {name}.where(1)[0]]
"""
    assert last_line(notebook, "found", code) == [[1, 2, 3, 4], 2]
