"""Which Spark properties ``spark_conf`` may hold: not those that another setting decides, or that reach nothing here; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_POD = "the driver's pod decides that"
_INSTANCES = "set c.SparkK8s.executor_instances and executor_max_instances"
_ENCRYPTION = "set c.SparkK8s.spark_encryption"
_DRIVER_MEMORY = "set c.SparkK8s.driver_memory, which is the whole pod's"
_EXECUTOR_MEMORY = "set c.SparkK8s.executor_memory, which is the whole pod's, or spark.executor.memoryOverhead"
# What decides each instead.
_DECIDED = {
    "spark.master": _POD,
    "spark.submit.deployMode": _POD,
    "spark.driver.host": _POD,
    "spark.driver.bindAddress": _POD,
    "spark.kubernetes.driver.pod.name": _POD,
    "spark.kubernetes.namespace": "set c.SparkK8s.namespace",
    "spark.kubernetes.container.image": "set c.SparkK8s.image",
    "spark.kubernetes.container.image.pullPolicy": "set c.SparkK8s.image_pull_policy",
    "spark.kubernetes.container.image.pullSecrets": "set c.SparkK8s.image_pull_secrets",
    "spark.kubernetes.authenticate.executor.serviceAccountName": "set c.SparkK8s.executor_service_account",
    "spark.kubernetes.authenticate.serviceAccountName": "set c.SparkK8s.executor_service_account",
    "spark.kubernetes.executor.podTemplateFile": "set c.SparkK8s.executor_pod_extra",
    "spark.kubernetes.executor.podTemplateContainerName": "set c.SparkK8s.executor_pod_extra",
    "spark.kubernetes.executor.podNamePrefix": "executors are named after their driver's pod",
    "spark.kubernetes.executor.request.cores": "set c.SparkK8s.executor_cpu",
    "spark.kubernetes.executor.limit.cores": "set c.SparkK8s.executor_cpu_limit",
    "spark.executor.cores": "set c.SparkK8s.executor_cores",
    "spark.executor.instances": _INSTANCES,
    "spark.dynamicAllocation.enabled": _INSTANCES,
    "spark.dynamicAllocation.minExecutors": _INSTANCES,
    "spark.dynamicAllocation.maxExecutors": _INSTANCES,
    "spark.executor.memoryOverheadFactor": _EXECUTOR_MEMORY,
    "spark.kubernetes.memoryOverheadFactor": _EXECUTOR_MEMORY,
    "spark.authenticate": _ENCRYPTION,
    "spark.authenticate.secret": _ENCRYPTION,
    "spark.authenticate.secret.file": _ENCRYPTION,
    "spark.network.crypto.enabled": _ENCRYPTION,
}
# What Spark ignores where the driver's pod is there before it (client mode), and what has its place.
_IGNORED = {
    "spark.driver.cores": "set c.SparkK8s.driver_cpu",
    "spark.driver.memoryOverhead": _DRIVER_MEMORY,
    "spark.driver.memoryOverheadFactor": _DRIVER_MEMORY,
    "spark.kubernetes.authenticate.driver.serviceAccountName": "set c.SparkK8s.driver_service_account",
    "spark.kubernetes.driverEnv.": "set c.SparkK8s.env",
    "spark.kubernetes.driver.volumes.": "set c.SparkK8s.volumes, which both roles get",
    "spark.kubernetes.driver.label.": "set c.SparkK8s.labels",
    "spark.kubernetes.driver.annotation.": "set c.SparkK8s.annotations",
    "spark.kubernetes.driver.node.selector.": "set c.SparkK8s.node_selector",
    "spark.kubernetes.driver.request.cores": "set c.SparkK8s.driver_cpu",
    "spark.kubernetes.driver.limit.cores": "set c.SparkK8s.driver_cpu_limit",
    "spark.kubernetes.driver.container.image": "set c.SparkK8s.image",
    "spark.kubernetes.driver.podTemplate": "set c.SparkK8s.driver_pod_extra",
    "spark.kubernetes.driver.secret": "set c.SparkK8s.volumes or driver_pod_extra",
}


def check_task_cpus(conf: Mapping[str, str], executor_cores: int) -> None:
    """Raises ConfigurationError where no executor could ever run a task."""
    wanted = conf.get("spark.task.cpus", "1")
    if not wanted.isdecimal() or not 1 <= int(wanted) <= executor_cores:
        raise ConfigurationError(
            f"c.SparkK8s.spark_conf sets spark.task.cpus = {wanted!r}, and an executor has {executor_cores} (executor_cores, "
            "else executor_cpu rounded up). Right would be a whole number from 1 to that."
        )


def check_spark_conf(conf: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a property that would break the driver, contradict another setting, or do nothing."""
    for key, value in conf.items():
        if not key.startswith("spark."):
            raise ConfigurationError(
                f"c.SparkK8s.spark_conf sets {key!r}: Spark reads only names that begin with 'spark.'. Hadoop's begin with "
                f"'spark.hadoop.', as in {'spark.hadoop.' + key!r}."
            )
        if key in _DECIDED:
            raise ConfigurationError(f"c.SparkK8s.spark_conf sets {key} = {value!r}. Leave it out: {_DECIDED[key]}.")
        for begin, instead in _IGNORED.items():
            if key == begin or (key.startswith(begin) and not begin.endswith(("cores", "memoryOverhead", "image"))):
                raise ConfigurationError(
                    f"c.SparkK8s.spark_conf sets {key}, which Spark ignores here. Leave it out: {instead}."
                )
        if key.endswith("JavaOptions") and "-Xmx" in value:
            role = "driver" if ".driver." in key else "executor"
            raise ConfigurationError(
                f"c.SparkK8s.spark_conf sets {key} = {value!r}. Leave -Xmx out: the heap is a share of "
                f"c.SparkK8s.{role}_memory; for another share set spark.{role}.memory."
            )
