"""Dynamic allocation: from no executor to all that a job can use and back, with the idle times shortened to seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.cluster.spark_pods import last_line, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

IDLE_S, HELD_S = 3, 12
HEARD_S = 4  # so long at most, here, an executor is idle before the client knows that the cell has ended
# No partition count is named anywhere: how wide a job is follows from the executors that there may be.
SHUFFLE = "spark.range(20_000_000).selectExpr('id % 1009 AS k', 'id').groupBy('k').agg({'id': 'sum'})"


@pytest.fixture(scope="module")
def elastic(start_server: Callable[..., JupyterServer]) -> Iterator[Notebook]:
    """A notebook with none to two executors."""
    conf = {
        "spark.dynamicAllocation.executorIdleTimeout": f"{IDLE_S}s",
        "spark.dynamicAllocation.shuffleTracking.timeout": f"{HELD_S}s",
        "spark.dynamicAllocation.cachedExecutorIdleTimeout": f"{HELD_S}s",
    }
    sizes = {"executor_instances": 0, "executor_max_instances": 2}
    opened = Notebook(start_server(access="port-forward", spark_conf=conf, **sizes))
    opened.run("sc", 280)
    yield opened
    opened.close()


def names(notebook: Notebook, namespace: Namespace) -> set[str]:
    """Executor pods that are not being deleted."""
    pods = namespace.executors(notebook.kernel_id)
    return {pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}


def hosts(notebook: Notebook) -> int:
    """On how many executors tasks run at the same time now."""
    code = """
def where(_):
    import socket, time
    time.sleep(2)
    return [socket.gethostname()]
"""
    count: int = last_line(
        notebook, "len(set(sc.parallelize(range(sc.defaultParallelism)).mapPartitions(where).collect()))", code
    )
    return count


def gone(notebook: Notebook, namespace: Namespace) -> None:
    until(lambda: not names(notebook, namespace), "all executors are let go")


def test_a_job_grows_them_from_none_and_they_go_when_it_is_done(elastic: Notebook, namespace: Namespace) -> None:
    assert names(elastic, namespace) == set()
    until(lambda: hosts(elastic) == 2, "a job runs on both executors")
    assert len(names(elastic, namespace)) == 2
    gone(elastic, namespace)


def test_one_that_shuffles_names_no_partitions_and_its_data_holds_them_for_the_stated_time(
    elastic: Notebook, namespace: Namespace
) -> None:
    elastic.run(f"sums = {SHUFFLE}\nfound = sums.collect()", 280)
    ended = time.monotonic()
    assert last_line(elastic, "[len(found), sum(row[1] for row in found)]") == [1009, 199999990000000]
    held = names(elastic, namespace)
    assert held
    until(lambda: time.monotonic() - ended > IDLE_S + 4, "idle executors without shuffled data would be gone")
    assert names(elastic, namespace) & held
    gone(elastic, namespace)
    assert time.monotonic() - ended >= HELD_S - HEARD_S


def test_cached_data_holds_them_for_the_stated_time_and_is_computed_again_after_that(
    elastic: Notebook, namespace: Namespace
) -> None:
    elastic.run("cached = spark.range(1_000_000).selectExpr('id * 2 AS x').cache()\nassert cached.count() == 1_000_000", 280)
    ended = time.monotonic()
    held = names(elastic, namespace)
    until(lambda: time.monotonic() - ended > IDLE_S + 4, "idle executors without cached data would be gone")
    assert names(elastic, namespace) & held
    gone(elastic, namespace)
    assert last_line(elastic, "cached.selectExpr('sum(x)').first()[0]") == 999999000000
