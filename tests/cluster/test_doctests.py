"""PySpark's own doctests in a notebook on the cluster: what its documentation shows is what a user sees here, too.

They are written for `local[4]`: so one executor with four slots. With several, rows without an order come in the order in
which executors' blocks arrive, which the documentation doesn't foresee. Temporary folders lie on the CephFS share.
"""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.cluster import doctest_cell
from tests.cluster.conftest import WORK
from tests.cluster.spark_pods import all_executors, last_line
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

TIMEOUT_S = 1200
CELL = Path(doctest_cell.__file__).read_text()
# As PySpark's own tests set them: TIME is a type for tests only in 4.3, and numpy 2 prints numbers with their types.
PREPARE = f"""
import os, tempfile
import numpy as np
tempfile.tempdir = "{WORK}/doctests"
os.makedirs(tempfile.tempdir, exist_ok=True)
sc.setCheckpointDir(tempfile.mkdtemp())
np.set_printoptions(legacy="1.25")
spark.conf.set("spark.sql.timeType.enabled", "true")
"""
ELLIPSIS = doctest.ELLIPSIS
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Module(NamedTuple):
    """Its flags are those of its own ``_test()``; ``examples`` is the least number that must have run."""

    name: str
    flags: int
    examples: int
    left_out: dict[str, str] | None = None
    step: int = 1


MODULES = [
    Module("pyspark.sql.types", LOOSE, 130),
    Module("pyspark.sql.udf", LOOSE, 30),
    Module("pyspark.sql.group", LOOSE, 35),
    Module("pyspark.sql.column", LOOSE, 150),
    Module("pyspark.sql.pandas.functions", LOOSE, 90),
    Module("pyspark.taskcontext", LOOSE, 30),
    Module("pyspark.sql.dataframe", LOOSE, 680),
    Module(
        "pyspark.core.rdd",
        ELLIPSIS,
        320,
        {"RDD.persist": "expects Py4J's error, which a SparkSession in the same process replaces by its own"},
    ),
    Module(
        "pyspark.sql.functions.builtin",
        LOOSE,
        1700,
        {
            "input_file_block_length": "reads a file of Spark's source tree, which the package doesn't carry",
            "input_file_block_start": "reads a file of Spark's source tree, which the package doesn't carry",
        },
        step=2,  # every second function: all take the same way, and minutes
    ),
]

# Each of these takes one to three minutes.
LONG = {"pyspark.sql.types", "pyspark.sql.column", "pyspark.sql.dataframe", "pyspark.core.rdd", "pyspark.sql.functions.builtin"}


@pytest.fixture(scope="module")
def documented(start_server: Callable[..., JupyterServer], volumes: list[dict[str, Any]]) -> Iterator[Notebook]:
    """A notebook with the settings that everyone has, but for its executor."""
    share = [volume for volume in volumes if volume["mountPath"] == WORK]
    server = start_server(
        access="port-forward", volumes=share, supplemental_groups=[4500], executor_instances=1, executor_cores=4
    )
    opened = Notebook(server)
    opened.run(PREPARE, TIMEOUT_S)
    yield opened
    opened.close()


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize(
    "module",
    [pytest.param(module, id=module.name, marks=pytest.mark.long if module.name in LONG else ()) for module in MODULES],
)
def test_the_documentation_s_examples_hold(documented: Notebook, module: Module) -> None:
    left_out = list(module.left_out or {})
    call = f"run_doctests({module.name!r}, {module.flags}, {left_out}, {module.step}, dict(spark=spark, sc=sc))"
    found = last_line(documented, call, CELL, TIMEOUT_S)
    assert (found["report"], found["failed"]) == ("", 0)
    assert found["examples"] >= module.examples
    assert set(left_out) <= set(found["found"]), "left out, and not there any more"


def test_they_run_on_the_cluster(documented: Notebook, namespace: Namespace) -> None:
    (executor,) = all_executors(documented, namespace, 1)
    hosts = "sc.parallelize(range(4), 4).map(lambda _: __import__('socket').gethostname()).collect()"
    assert last_line(documented, hosts) == [executor["metadata"]["name"]] * 4
    assert last_line(documented, "[sc.master[:6], sc.defaultParallelism]") == ["k8s://", 4]
