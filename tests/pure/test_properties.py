"""Spark's properties: whole sets for known drivers, and a file that Java reads back as the same mapping whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.config.memory import split_memory
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.models.local import LocalPlaces, LocalSize
from jupyter_sparkk8s.spark.java_options import COMPILER
from jupyter_sparkk8s.spark.properties import cluster_properties, local_properties, render

from . import specs
from .hostile import EXAMPLES, names

DEFAULTS = {
    "spark.app.name": "spark-anna-3f2a9c10-1",
    "spark.authenticate": "true",
    "spark.authenticate.secret.file": "/opt/sparkk8s/spark.secret",
    "spark.default.parallelism": "2",
    "spark.driver.memory": "2459m",
    "spark.executor.cores": "1",
    "spark.executor.instances": "2",
    "spark.executor.memory": "2868m",
    "spark.executor.memoryOverhead": "1228m",
    "spark.driver.defaultJavaOptions": COMPILER,
    "spark.executor.defaultJavaOptions": COMPILER,
    "spark.executor.failuresValidityInterval": "1h",
    "spark.executor.maxNumFailures": "100",
    "spark.kubernetes.authenticate.executor.serviceAccountName": "spark-executor",
    "spark.kubernetes.container.image": "registry.org/spark:4.3",
    "spark.kubernetes.driver.connectionTimeout": "30000",
    "spark.kubernetes.driver.requestTimeout": "30000",
    "spark.kubernetes.driver.pod.name": "spark-anna-3f2a9c10-1",
    "spark.kubernetes.executor.podTemplateContainerName": "executor",
    "spark.kubernetes.executor.podTemplateFile": "/opt/sparkk8s/executor-template.json",
    "spark.kubernetes.executor.request.cores": "1",
    "spark.kubernetes.namespace": "default",
    "spark.network.crypto.enabled": "true",
    "spark.scheduler.minRegisteredResourcesRatio": "0",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.submit.deployMode": "client",
    "spark.ui.showConsoleProgress": "false",
    "spark.python.task.killTimeout": "1s",
}


def test_the_cluster_s_defaults() -> None:
    assert cluster_properties(resolve(specs.settings(), specs.launch())) == DEFAULTS


def test_all_that_settings_change() -> None:
    spec = resolve(
        specs.settings(
            image_pull_policy="Always",
            image_pull_secrets=["one", "two"],
            executor_instances=1,
            executor_max_instances=4,
            executor_cpu="1500m",
            executor_cpu_limit="3",
            executor_memory="2Gi",
            spark_conf={"spark.sql.shuffle.partitions": 8, "spark.default.parallelism": 6},
        ),
        specs.launch(),
    )
    assert cluster_properties(spec) == DEFAULTS | {
        "spark.default.parallelism": "6",  # the administrator's word is the last
        "spark.dynamicAllocation.cachedExecutorIdleTimeout": "1800s",
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.maxExecutors": "4",
        "spark.dynamicAllocation.minExecutors": "1",
        "spark.dynamicAllocation.shuffleTracking.timeout": "600s",
        "spark.executor.cores": "2",
        "spark.executor.instances": "1",
        "spark.executor.memory": "1383m",
        "spark.executor.memoryOverhead": "665m",
        "spark.kubernetes.container.image.pullPolicy": "Always",
        "spark.kubernetes.container.image.pullSecrets": "one,two",
        "spark.kubernetes.executor.limit.cores": "3",
        "spark.kubernetes.executor.request.cores": "1500m",
        "spark.sql.shuffle.partitions": "8",
    }


def test_an_executor_s_pod_is_as_large_as_was_asked_for() -> None:
    """Spark adds its heap and its overhead up to the pod's request and limit."""
    properties = cluster_properties(resolve(specs.settings(executor_memory="3Gi"), specs.launch()))
    heap, overhead = (int(properties[key][:-1]) for key in ("spark.executor.memory", "spark.executor.memoryOverhead"))
    assert heap + overhead == 3072


@pytest.mark.parametrize(
    ("least", "most", "cores", "slots"), [(2, 0, 1, 2), (4, 0, 2, 8), (1, 8, 2, 16), (0, 3, 1, 3), (1, 0, 1, 2)]
)
def test_parallelism_is_for_the_executors_that_are_wanted(least: int, most: int, cores: int, slots: int) -> None:
    """With none registered yet Spark would split for two, and dynamic allocation never grow."""
    spec = resolve(specs.settings(executor_instances=least, executor_max_instances=most, executor_cores=cores), specs.launch())
    assert cluster_properties(spec)["spark.default.parallelism"] == str(slots)


@pytest.mark.parametrize(("cpus", "parts"), [(1, 12), (2, 6), (3, 3), (4, 3)])
def test_tasks_that_take_several_cores_are_fewer(cpus: int, parts: int) -> None:
    conf = {"spark.task.cpus": cpus}
    spec = resolve(specs.settings(executor_instances=3, executor_cores=4, spark_conf=conf), specs.launch())
    assert cluster_properties(spec)["spark.default.parallelism"] == str(parts)


def test_without_encryption() -> None:
    spec = replace(resolve(specs.settings(), specs.launch()), spark_encryption=False)
    kept = {key: value for key, value in DEFAULTS.items() if not key.startswith(("spark.authenticate", "spark.network"))}
    assert cluster_properties(spec) == kept


def test_no_secret_is_among_the_properties() -> None:
    """They are shown in Spark's UI."""
    assert not [key for key in cluster_properties(resolve(specs.settings(), specs.launch())) if key.endswith("secret")]


def test_on_this_machine() -> None:
    size = LocalSize(2, 3, split_memory(1024, "driver"), split_memory(1024, "executor"), worker_mib=8000)
    places = LocalPlaces(Path("/p/scratch"), Path("/p/warehouse"), Path("/p/derby"))
    assert local_properties(size, places, app_name="a", secret="s", spark_conf={"spark.ui.port": "4041"}) == {
        "spark.app.name": "a",
        "spark.authenticate": "true",
        "spark.authenticate.secret": "s",
        "spark.default.parallelism": "6",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.defaultJavaOptions": f"{COMPILER} -Dderby.system.home=/p/derby",
        "spark.executor.defaultJavaOptions": COMPILER,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "480m",
        "spark.executor.cores": "3",
        "spark.executor.memory": "564m",
        "spark.local.dir": "/p/scratch",
        "spark.master": "local-cluster[2,3,8000]",
        "spark.network.crypto.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.warehouse.dir": "/p/warehouse",
        "spark.ui.port": "4041",
        "spark.ui.showConsoleProgress": "false",
        "spark.python.task.killTimeout": "1s",
    }


def java_properties(text: str) -> dict[str, str]:
    """What java.util.Properties.load reads: a reader of our own, written from its documentation.

    Differs from it in nothing that a file can hold, but for ``\\uXXXX``, which a writer of UTF-8 needs no more.
    """
    found: dict[str, str] = {}
    for line in _logical_lines(text):
        key, at = _unescaped(line, 0, " \t\f=:")
        while at < len(line) and line[at] in " \t\f":
            at += 1
        if at < len(line) and line[at] in "=:":
            at += 1
            while at < len(line) and line[at] in " \t\f":
                at += 1
        found[key], _ = _unescaped(line, at, "")
    return found


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    continued = False
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = natural.lstrip(" \t\f")
        if not continued and (not line or line[0] in "#!"):
            continue
        lines[-1:] = [lines[-1] + line] if continued else [*lines[-1:], line]
        continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        if continued:
            lines[-1] = lines[-1][:-1]
    return lines


def _unescaped(line: str, at: int, ends: str) -> tuple[str, int]:
    made = ""
    while at < len(line) and line[at] not in ends:
        if line[at] == "\\" and at + 1 < len(line):
            at += 1
            made += {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(line[at], line[at])
        else:
            made += line[at]
        at += 1
    return made, at


def test_the_reader_reads_as_java_does() -> None:
    """The examples of java.util.Properties.load's documentation, and what else may surprise."""
    text = "Truth = Beauty\n Truth2:Beauty\nTruth3    :Beauty\nfruits   apple, banana, \\\n    pear\ncheeses\n# no\n! no\n\n"
    text += "a\\:b=c\nd\\ e f\\tg\nh=\\ i\nj==k\nl m\\\\\nn o\\\r\n  p\n"
    assert java_properties(text) == {
        "Truth": "Beauty",
        "Truth2": "Beauty",
        "Truth3": "Beauty",
        "fruits": "apple, banana, pear",
        "cheeses": "",
        "a:b": "c",
        "d e": "f\tg",
        "h": " i",
        "j": "=k",
        "l": "m\\",
        "n": "op",
    }


keys = st.one_of(st.sampled_from([name for name in EXAMPLES if name]), names.filter(bool), st.text("a.#!=: \t\\\n", min_size=1))
values = st.one_of(names, st.text("a=: \t\f\\\n\r#", max_size=8))


@given(properties=st.dictionaries(keys, values, max_size=6))
@settings(max_examples=60)
def test_java_reads_what_was_meant(properties: dict[str, str]) -> None:
    assert java_properties(render(properties)) == properties


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_user_s_name_adds_no_property(name: str) -> None:
    spec = resolve(specs.settings(spark_conf={"spark.x": "{username}", "spark.y": "a {username}"}), specs.launch(username=name))
    properties = cluster_properties(spec)
    assert java_properties(render(properties)) == properties
    assert set(properties) == {*DEFAULTS, "spark.x", "spark.y"}


def test_the_file_is_sorted_and_plain_where_it_can_be() -> None:
    assert render({"spark.b": "x y", "spark.a": "-Da=b"}) == "spark.a -Da=b\nspark.b x y\n"
