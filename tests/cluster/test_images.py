"""Images that know nothing of the project: a base plus packages, other versions of Python and Spark, in both roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import last_line
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import JupyterServer

START_S = 280
WHERE = "import os, socket, sys\nfrom pyspark.sql import functions as F, types as T"


@pytest.fixture(scope="module", params=[("plain", "3.5.", [3, 11]), ("newer", "4.3.", [3, 13])], ids=lambda param: param[0])
def opened(
    request: pytest.FixtureRequest, cluster: dict[str, Any], start_server: Callable[..., JupyterServer]
) -> Iterator[tuple[Notebook, str, list[int]]]:
    """A notebook on one of these images, with the versions that it should find."""
    name, spark, python = request.param
    notebook = Notebook(start_server(image=cluster["images"][name], access="port-forward", executor_instances=1))
    yield notebook, spark, python
    notebook.close()


def test_driver_and_executors_run_on_it(opened: tuple[Notebook, str, list[int]]) -> None:
    notebook, spark, python = opened
    result = notebook.execute("print(spark.version, sc.master)", START_S)
    assert result.error == ""
    version, master = result.stream("stdout").split()
    assert version.startswith(spark)
    assert master.startswith("k8s://")
    driver = last_line(notebook, "[list(sys.version_info[:2]), os.getuid(), socket.gethostname()]", WHERE)
    where = "lambda _: (sys.version_info[:2], os.getuid(), socket.gethostname())"
    (executor,) = last_line(notebook, f"sc.parallelize(range(4), 4).map({where}).distinct().collect()", WHERE)
    assert driver[:2] == executor[:2] == [python, 185]
    assert driver[2] != executor[2]


def test_python_and_arrow_work_in_executors(opened: tuple[Notebook, str, list[int]]) -> None:
    notebook = opened[0]
    code = """
import pandas as pd

@F.udf("string")
def parity(n):
    return "odd" if n % 2 else "even"

@F.pandas_udf("double")
def root(n: pd.Series) -> pd.Series:
    return n.astype("float64") ** 0.5

found = spark.range(100, numPartitions=4).select(parity("id").alias("p"), root("id").alias("r")).toPandas()
"""
    assert last_line(notebook, "[int((found.p == 'odd').sum()), float(found.r.max())]", WHERE + code) == [50, 99**0.5]


def test_a_shuffle_and_an_error_in_an_executor(opened: tuple[Notebook, str, list[int]]) -> None:
    notebook = opened[0]
    code = "counts = spark.range(10**5).groupBy((F.col('id') % 7).alias('k')).count().collect()"
    assert last_line(notebook, "sorted(row['count'] for row in counts)", f"{WHERE}\n{code}") == [14285] * 2 + [14286] * 5
    result = notebook.execute("sc.parallelize([1, 0]).map(lambda x: 1 / x).collect()", START_S)
    assert "ZeroDivisionError" in "\n".join(result.reply["content"]["traceback"])
    assert (result.stream("stdout"), result.stream("stderr")) == ("", "")
