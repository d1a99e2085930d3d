"""Spark properties of an administrator: one that another setting decides, or that reaches nothing, is told with what has its
place; sizes are thought of with the pod.
"""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.models.driver import Memory
from jupyter_sparkk8s.spark.properties import cluster_properties

from .specs import launch, refusal, settings

SETS = "c.SparkK8s.spark_conf sets "


def refused(**conf: Any) -> str:
    return refusal({"spark_conf": {key.replace("_", "."): value for key, value in conf.items()}})


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("spark.master", " = 'x'. Leave it out: the driver's pod decides that."),
        ("spark.driver.host", " = 'x'. Leave it out: the driver's pod decides that."),
        ("spark.kubernetes.namespace", " = 'x'. Leave it out: set c.SparkK8s.namespace."),
        ("spark.kubernetes.executor.podTemplateFile", " = 'x'. Leave it out: set c.SparkK8s.executor_pod_extra."),
        ("spark.kubernetes.executor.podNamePrefix", " = 'x'. Leave it out: executors are named after their driver's pod."),
        ("spark.executor.cores", " = 'x'. Leave it out: set c.SparkK8s.executor_cores."),
        (
            "spark.executor.memoryOverheadFactor",
            " = 'x'. Leave it out: set c.SparkK8s.executor_memory, which is the whole pod's, ",
        ),
        ("spark.driver.cores", ", which Spark ignores here. Leave it out: set c.SparkK8s.driver_cpu."),
        (
            "spark.driver.memoryOverhead",
            ", which Spark ignores here. Leave it out: set c.SparkK8s.driver_memory, which is the ",
        ),
        ("spark.kubernetes.driverEnv.TEAM", ", which Spark ignores here. Leave it out: set c.SparkK8s.env."),
        (
            "spark.kubernetes.driver.volumes.hostPath.data.mount.path",
            ", which Spark ignores here. Leave it out: set c.SparkK8s.volumes, which both roles get.",
        ),
        ("spark.kubernetes.driver.secretKeyRef.A", ", which Spark ignores here. Leave it out: set c.SparkK8s.volumes or "),
        (
            "spark.kubernetes.driver.podTemplateFile",
            ", which Spark ignores here. Leave it out: set c.SparkK8s.driver_pod_extra.",
        ),
    ],
)
def test_what_another_setting_decides(key: str, said: str) -> None:
    assert refused(**{key: "x"}).startswith(SETS + key + said)


@pytest.mark.parametrize(
    "key",
    [
        "spark.kubernetes.executor.container.image",
        "spark.kubernetes.driver.service.deleteOnTermination",
        "spark.driver.maxResultSize",
        "spark.dynamicAllocation.executorIdleTimeout",
        "spark.ui.enabled",
        "spark.authenticate.secretBitLength",
    ],
)
def test_what_is_the_administrator_s_own(key: str) -> None:
    assert resolve(settings(spark_conf={key: "1"}), launch()).spark_conf == {key: "1"}


def test_a_name_that_spark_does_not_read() -> None:
    assert refused(**{"fs.s3a.endpoint": "x"}) == (
        "c.SparkK8s.spark_conf sets 'fs.s3a.endpoint': Spark reads only names that begin with 'spark.'. Hadoop's begin with "
        "'spark.hadoop.', as in 'spark.hadoop.fs.s3a.endpoint'."
    )


def test_the_heap_has_one_place() -> None:
    text = refused(**{"spark.executor.extraJavaOptions": "-XX:+UseG1GC -Xmx3g"})
    assert text.startswith(
        SETS + "spark.executor.extraJavaOptions = '-XX:+UseG1GC -Xmx3g'. Leave -Xmx out: the heap is a share of "
    )
    assert text.endswith("c.SparkK8s.executor_memory; for another share set spark.executor.memory.")


@pytest.mark.parametrize("cpus", [3, "0", "many"])
def test_a_task_that_no_executor_could_run(cpus: object) -> None:
    text = refusal({"executor_cpu": "1500m", "spark_conf": {"spark.task.cpus": cpus}})
    assert text.startswith(
        f"{SETS}spark.task.cpus = '{cpus}', and an executor has 2 (executor_cores, else executor_cpu rounded up)."
    )


OFF_HEAP = {"spark.memory.offHeap.enabled": True, "spark.memory.offHeap.size": "512m"}


@pytest.mark.parametrize(
    ("conf", "driver", "executor"),
    [
        ({"spark.driver.memory": "3g"}, Memory(3072, 409, 615), Memory(2868, 409, 819)),
        ({"spark.executor.memory": "1024M"}, Memory(2459, 409, 1228), Memory(1024, 409, 2663)),
        ({"spark.executor.memoryOverhead": "2gb"}, Memory(2459, 409, 1228), Memory(2048, 409, 1639)),
        (
            {"spark.executor.memory": "3g", "spark.executor.memoryOverhead": "1g"},
            Memory(2459, 409, 1228),
            Memory(3072, 409, 615),
        ),
        (OFF_HEAP, Memory(2151, 358, 1075, 512), Memory(2510, 358, 716, 512)),
        (OFF_HEAP | {"spark.memory.offHeap.size": 536870912}, Memory(2151, 358, 1075, 512), Memory(2510, 358, 716, 512)),
        (OFF_HEAP | {"spark.memory.offHeap.enabled": "false"}, Memory(2459, 409, 1228), Memory(2868, 409, 819)),
        ({"spark.executor.pyspark.memory": "819m"}, Memory(2459, 409, 1228), Memory(2868, 409, 819)),
    ],
)
def test_the_rest_of_the_pod_goes_around_what_is_asked_for(conf: dict[str, Any], driver: Memory, executor: Memory) -> None:
    spec = resolve(settings(spark_conf=conf), launch())
    assert (spec.driver.memory, spec.executor.memory) == (driver, executor)
    assert driver.total == executor.total == 4096


def test_what_spark_asks_for_is_the_executor_s_whole_pod() -> None:
    """Spark adds up heap, overhead and what is off the heap; the driver's JVM has what is written."""
    spec = resolve(settings(spark_conf=OFF_HEAP | {"spark.executor.memory": "2g", "spark.driver.memory": "1g"}), launch())
    properties = cluster_properties(spec)
    names = ("spark.executor.memory", "spark.executor.memoryOverhead", "spark.memory.offHeap.size", "spark.driver.memory")
    assert [properties[name] for name in names] == ["2g", "1536m", "512m", "1g"]
    assert spec.executor.memory.total == 2048 + 1536 + 512


FIT = ", which does not fit c.SparkK8s."


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        (
            {"spark_conf": {"spark.driver.memory": "4g"}},
            (
                f"{SETS}spark.driver.memory to 4096 MiB{FIT}driver_memory = '4Gi' (4096 MiB). A pod must leave 480 MiB for the "
                "heap, 256 MiB for the JVM beside it and 200 MiB for Python. Raise driver_memory, or ask for another share."
            ),
        ),
        (
            {"spark_conf": {"spark.executor.memory": "3g", "spark.executor.memoryOverhead": "512m"}},
            (
                f"{SETS}spark.executor.memory to 3072 MiB and spark.executor.memoryOverhead to 512 MiB{FIT}executor_memory = "
                "'4Gi' (4096 MiB). Together they are 3584 MiB: they must be the whole pod. Leave one of them out, or set "
                "executor_memory = '3584Mi'."
            ),
        ),
        (
            {"spark_conf": {"spark.driver.memory": "64m"}},
            f"{SETS}spark.driver.memory to 64 MiB{FIT}driver_memory = '4Gi' (4096 MiB). A pod must leave 480 MiB for the heap",
        ),
        (
            {"spark_conf": {"spark.executor.memoryOverhead": "384m"}},
            f"{SETS}spark.executor.memoryOverhead to 384 MiB{FIT}executor_memory = '4Gi' (4096 MiB). A pod must leave",
        ),
        (
            {"driver_memory": "1Gi", "spark_conf": OFF_HEAP},
            f"{SETS}spark.memory.offHeap.size to 512 MiB{FIT}driver_memory = '1Gi' (1024 MiB). A pod must leave",
        ),
        (
            {"spark_conf": {"spark.executor.pyspark.memory": "1g"}},
            f"{SETS}spark.executor.pyspark.memory to 1024 MiB, and Python's share of executor_memory = '4Gi' is 819 MiB. ",
        ),
        (
            {"spark_conf": {"spark.memory.offHeap.enabled": "true"}},
            f"{SETS}spark.memory.offHeap.enabled = 'true' and no spark.memory.offHeap.size. Say how much, e.g. '512m'",
        ),
        (
            {"spark_conf": {"spark.driver.memory": "2Gi"}},
            f"{SETS}spark.driver.memory = '2Gi', which Spark does not read as a size.",
        ),
        (
            {"spark_conf": {"spark.driver.memory": 2048}},
            f"{SETS}spark.driver.memory = '2048', which Spark does not read as a size.",
        ),
        (
            {"spark_conf": {"spark.executor.memory": "lots"}},
            f"{SETS}spark.executor.memory = 'lots', which Spark does not read as ",
        ),
    ],
)
def test_what_does_not_fit_in_the_pod(traits: dict[str, Any], text: str) -> None:
    assert refusal(traits).startswith(text)
