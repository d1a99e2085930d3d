"""What encrypting Spark's traffic costs a job that does little but move data: a sort-merge join of two shuffled tables.

Two kernels, one with ``spark_encryption`` and one without, take turns, so that what else the machine does meets both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.cluster.environment import prepared_namespace, server_config
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

EXECUTORS = 2
SETUP = """
import time
from pyspark.sql import functions as F
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
spark.conf.set("spark.sql.shuffle.partitions", "4")
def table(rows, seed):
    return spark.range(0, rows, 1, 4).select("id", F.sha2(F.concat("id", F.lit(seed)), 256).alias("text"))
def join(rows):
    began = time.perf_counter()
    found = table(rows, "a").join(table(rows, "b").withColumnRenamed("text", "other"), "id")
    assert found.agg(F.count("*"), F.max("text"), F.max("other")).first()[0] == rows
    return time.perf_counter() - began
while len(sc._jsc.sc().statusTracker().getExecutorInfos()) < 1 + COUNT:
    time.sleep(0.5)
"""


def measure(rows: int, repeats: int, image: str) -> dict[bool, list[float]]:
    """Seconds of each join, with encryption (True) and without."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        namespace = stack.enter_context(prepared_namespace())
        notebooks = {}
        for encrypted in seconds:
            settings = {"spark_encryption": encrypted, "executor_instances": EXECUTORS, "access": "port-forward"}
            config = server_config(namespace.name, image, kubeconfig=str(namespace.kubeconfig()), **settings)
            (folder / str(encrypted)).mkdir()
            server = stack.enter_context(JupyterServer(folder / str(encrypted), config))
            notebooks[encrypted] = Notebook(server)
            stack.callback(notebooks[encrypted].close)
            notebooks[encrypted].run(SETUP.replace("COUNT", str(EXECUTORS)), timeout_s=300)
        for number in range(repeats + 1):
            # The first of each warms the JVMs up; who begins changes, so that neither is always the second.
            for encrypted in (True, False) if number % 2 else (False, True):
                took = float(notebooks[encrypted].run(f"print(join({rows}))", timeout_s=600))
                print(f"{'on ' if encrypted else 'off'} {took:6.2f} s{' (warming up)' * (number == 0)}", file=sys.stderr)
                if number:
                    seconds[encrypted].append(took)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of each of the two tables (10 million)")
    parser.add_argument("--repeats", type=int, default=5, help="joins of each kind that count (5)")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    arguments = parser.parse_args()
    seconds = measure(arguments.rows, arguments.repeats, os.environ["SPARKK8S_TEST_IMAGE"])
    on, off = statistics.median(seconds[True]), statistics.median(seconds[False])
    found = {
        "rows": arguments.rows,
        "executors": EXECUTORS,
        "encrypted_s": seconds[True],
        "clear_s": seconds[False],
        "encrypted_median_s": on,
        "clear_median_s": off,
        "ratio": on / off,
    }
    print(f"A join of twice {arguments.rows:,} rows: {on:.1f} s encrypted, {off:.1f} s in clear; medians' ratio {on / off:.2f}")
    if arguments.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
