"""Spark at work on the cluster: Python in executors, Arrow, a large shuffle, and a CephFS share read and written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.environment import Namespace
    from tests.support.notebook import Notebook

TIMEOUT_S = 280
SHARE, CLOSED = "/results", "/closed"


def ask(notebook: Notebook, code: str) -> Any:
    """Run a cell that prints one line of JSON last."""
    return json.loads(notebook.run(f"import json\n{code}", TIMEOUT_S).strip().splitlines()[-1])


def test_python_functions_run_in_the_executor_pods(notebook: Notebook, namespace: Namespace) -> None:
    code = """
import socket
from pyspark.sql.functions import udf

@udf("string")
def host(_):
    return socket.gethostname()

rows = spark.range(8).repartition(8).select(host("id").alias("host")).distinct().collect()
print(json.dumps([row.host for row in rows]))
"""
    hosts = set(ask(notebook, code))
    executors = {pod["metadata"]["name"] for pod in namespace.executors(notebook.kernel_id)}
    assert hosts
    assert hosts <= executors


def test_pandas_functions_and_arrow(notebook: Notebook) -> None:
    code = """
import numpy as np, pandas as pd
from pyspark.sql.functions import pandas_udf

@pandas_udf("double")
def magnitude(flux: pd.Series) -> pd.Series:
    return -2.5 * np.log10(flux + 1)

frame = spark.range(10**6).select(magnitude("id").alias("mag"), "id").toPandas()
back = spark.createDataFrame(frame)
print(json.dumps([len(frame), str(frame.mag.dtype), round(frame.mag.sum(), 3), back.count()]))
"""
    expected = float(np.sum(-2.5 * np.log10(np.arange(10**6) + 1.0)))
    count, kind, total, again = ask(notebook, code)
    assert (count, kind, again) == (10**6, "float64", 10**6)
    assert abs(total - expected) < 0.01
    setting = "print(json.dumps(spark.conf.get('spark.sql.execution.arrow.pyspark.enabled')))"
    assert ask(notebook, setting) == "true"


def test_a_shuffle_join_over_ten_million_rows(notebook: Notebook) -> None:
    code = """
from pyspark.sql import functions as F
n = 10_000_000
left = spark.range(n).select(F.col("id").alias("key"), (F.col("id") % 7).alias("x"))
right = spark.range(0, n, 2).select(F.col("id").alias("key"), (F.col("id") % 5).alias("y"))
joined = left.hint("merge").join(right, "key")
plan = joined._jdf.queryExecution().toString()
row = joined.agg(F.count("*").alias("n"), F.sum("x").alias("x"), F.sum("y").alias("y"), F.max("key").alias("k")).first()
print(json.dumps(["SortMergeJoin" in plan, row.n, row.x, row.y, row.k]))
"""
    keys = np.arange(0, 10_000_000, 2)
    expected = [True, len(keys), int((keys % 7).sum()), int((keys % 5).sum()), 9_999_998]
    assert ask(notebook, code) == expected


def test_a_directory_of_the_share_is_listed_by_the_driver_and_read_by_executors(
    notebook: Notebook, shares: dict[str, Path], namespace: Namespace
) -> None:
    folder = shares[SHARE] / "measured"
    folder.mkdir(exist_ok=True)
    for part in range(4):
        pq.write_table(pa.table({"part": [part] * 1000, "value": range(1000)}), folder / f"part-{part}.parquet")
    code = f"""
import os, socket
def mounted(_):
    lines = [line.split()[:3] for line in open("/proc/mounts")]
    return [(socket.gethostname(), next(kind for _, point, kind in lines if point == {SHARE!r}))]
frame = spark.read.parquet({SHARE + "/measured"!r})
files = sorted(os.path.basename(path) for path in frame.inputFiles())
seen = sorted(set(frame.rdd.mapPartitions(mounted).collect()))
print(json.dumps([files, frame.count(), frame.groupBy().sum("value").first()[0], seen, mounted(0)]))
"""
    files, count, total, seen, driver = ask(notebook, code)
    assert files == [f"part-{part}.parquet" for part in range(4)]
    assert (count, total) == (4000, 4 * 999 * 1000 // 2)
    executors = {pod["metadata"]["name"] for pod in namespace.executors(notebook.kernel_id)}
    assert {host for host, _ in seen} <= executors
    assert {kind for _, kind in [*seen, *driver]} == {"fuse.ceph-fuse"}


def test_a_result_is_written_back_as_the_pod_s_user_for_the_share_s_group(notebook: Notebook, shares: dict[str, Path]) -> None:
    path = f"{SHARE}/squares.parquet"
    code = f"spark.range(1000).selectExpr('id', 'id * id AS square').write.mode('overwrite').parquet({path!r})\nprint(1)"
    assert ask(notebook, code) == 1
    written = shares[SHARE] / "squares.parquet"
    table = pq.read_table(written).to_pydict()
    assert dict(zip(table["id"], table["square"], strict=True)) == {i: i * i for i in range(1000)}
    assert {(file.stat().st_uid, file.stat().st_gid) for file in written.glob("part-*")} == {(185, 4500)}


def test_a_share_of_root_s_refuses_a_write_in_words_and_stays_empty(notebook: Notebook, shares: dict[str, Path]) -> None:
    result = notebook.execute(f"spark.range(10).write.parquet('{CLOSED}/no')", TIMEOUT_S)
    text = "\n".join(result.reply["content"]["traceback"])
    assert "Mkdirs failed" in text or "Permission denied" in text
    assert list(shares[CLOSED].iterdir()) == []
