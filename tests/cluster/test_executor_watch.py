"""Why executors don't come or don't stay is said in the notebook, once, whether a cell runs or not; and in the feed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import until
from tests.support.feed import Feed
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

START_S = 280
EXECUTOR_IMAGE = "spark.kubernetes.executor.container.image"


@pytest.fixture
def opened(start_server: Callable[..., JupyterServer]) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook on a server of its own with these settings; closed with the test."""
    notebooks: list[Notebook] = []

    def open_one(**settings: Any) -> Notebook:
        notebooks.append(Notebook(start_server(access="port-forward", **{"executor_instances": 1, **settings})))
        return notebooks[-1]

    yield open_one
    for each in notebooks:
        each.close()


def said_by(notebook: Notebook, words: str, timeout_s: float = START_S, first: str = "1") -> str:
    """What cells show on stderr, the ``first`` and then others, until it holds ``words``."""
    shown = [notebook.execute(first, START_S).stream("stderr")]

    def look() -> bool:
        shown.append(notebook.execute("1").stream("stderr"))
        return words in "".join(shown)

    until(look, words, timeout_s)
    return "".join(shown)


@pytest.mark.parametrize(
    ("other", "has"),
    [("newer", "Python 3.13 and Spark 4.3.0"), ("plain", "Python 3.11 and Spark 3.5.9")],
    ids=["another Python", "another Spark"],
)
def test_images_that_differ_are_told(cluster: dict[str, Any], opened: Callable[..., Notebook], other: str, has: str) -> None:
    notebook = opened(spark_conf={EXECUTOR_IMAGE: cluster["images"][other]})
    text = (
        f"Executors end at once. The executors' image has {has}, the driver's has Python 3.11 and Spark 4.3.0: they must be "
        "the same. Use one image for both (c.SparkK8s.image), or ask your administrator.\n"
    )
    if other == "newer":  # in a cell that waits for executors
        msg_id = notebook.send("execute_request", {"code": "spark.range(9).toPandas()", "silent": False})
        shown = [""]
        while "Executors end" not in shown[-1]:
            message = notebook.receive(START_S)
            if message["msg_type"] in ("stream", "clear_output") and message["parent_header"].get("msg_id") == msg_id:
                shown.append(message["content"].get("text", "cleared"))
        assert shown[-2:] == ["cleared", text]
    else:  # while no cell runs: the next one begins with it, those after it say nothing
        assert said_by(notebook, "Executors end") == text
        assert notebook.execute("1").stream("stderr") == ""


def test_executors_that_no_node_can_take_say_why(opened: Callable[..., Notebook]) -> None:
    notebook = opened(executor_memory="900Gi")
    began = time.monotonic()
    shown = said_by(notebook, "administrator.")
    assert "No node can take an executor: 0/1 nodes are available: 1 Insufficient memory" in shown
    assert shown.endswith("Ask for fewer or smaller ones, correct the setting, or show this to your administrator.\n")
    assert time.monotonic() - began > 10
    assert notebook.execute("import time\ntime.sleep(4)").stream("stderr") == ""  # it goes on, and is told once


def test_a_quota_that_is_used_up_says_so_in_the_notebook_and_the_feed(
    opened: Callable[..., Notebook], namespace: Namespace
) -> None:
    notebook = opened(session="lazy")
    quota = {"metadata": {"name": "no-more"}, "spec": {"hard": {"pods": "1"}}}
    namespace.core.create_namespaced_resource_quota(namespace.name, quota)
    try:
        until(lambda: namespace.core.read_namespaced_resource_quota("no-more", namespace.name).status.used, "the quota counts")
        with Feed(notebook.server) as feed:
            feed.send(type="watch", kernel=notebook.kernel_id)
            shown = said_by(notebook, "administrator.", first="sc")
            kernel = feed.until(notebook.kernel_id, lambda kernel: kernel.get("findings"))
            (finding,) = kernel["findings"]
            assert (finding["id"], finding["title"]) == ("executors-missing", "No executor can start")
            told = r"The namespace's quota no-more has no room \(pods: 1 asked, \d of 1 used\)\."  # other tests' pods, too
            assert re.match(told, finding["cause"])
        assert "Kubernetes refuses executors: pods " in shown
        assert "exceeded quota: no-more" in shown
    finally:
        namespace.core.delete_namespaced_resource_quota("no-more", namespace.name)


@pytest.mark.timeout(900)
def test_limits_that_only_the_notebook_s_own_settings_hit_are_told_in_the_feed(
    opened: Callable[..., Notebook], namespace: Namespace
) -> None:
    """An executor of the server's settings would be let in: only Spark knows, whose executors are larger."""
    notebook = opened(session="lazy")
    limits = {"metadata": {"name": "small"}, "spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}}]}}
    code = "from pyspark.sql import SparkSession\nSparkSession.builder.config('spark.executor.memory', '2g').getOrCreate()"
    words = "maximum memory usage per Container is 2Gi, but limit is 2560Mi"
    namespace.core.create_namespaced_limit_range(namespace.name, limits)
    try:
        with Feed(notebook.server) as feed:
            feed.send(type="watch", kernel=notebook.kernel_id)
            assert words in said_by(notebook, "administrator.", first=code)
            kernel = feed.until(notebook.kernel_id, lambda kernel: words in str(kernel.get("findings")))
            (finding,) = kernel["findings"]
            assert (finding["id"], finding["title"]) == ("executors-missing", "No executor can start")
            assert "spark.executor.memory" in finding["next_step"]
            namespace.core.delete_namespaced_limit_range("small", namespace.name)
            comes = lambda k: k["counts"]["running"] + k["counts"]["pending"] and words not in str(k["findings"])  # noqa: E731
            feed.until(notebook.kernel_id, comes, START_S)  # the API server remembers limits for half a minute
    finally:
        for left in namespace.core.list_namespaced_limit_range(namespace.name).items:
            namespace.core.delete_namespaced_limit_range(left.metadata.name, namespace.name)
