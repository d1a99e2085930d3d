"""Spark properties of a driver, for the cluster and for this machine; pure.
Leaves out what only the pod knows (its address, the API server's): the pod's start script adds those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.layout import EXECUTOR_CONTAINER, EXECUTOR_TEMPLATE, SPARK_SECRET
from .java_options import COMPILER, java_options
from .ui_door import FIRST_PORT, PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import DriverSpec, JsonObject
    from ..models.local import LocalPlaces, LocalSize

# In a notebook: no progress bar in cells, toPandas() through Arrow (Spark falls back by itself where a type won't go), and an
# interrupted task's Python is gone after 3 s at the latest: Spark looks each 2 s, and gives it this time to end by itself.
NOTEBOOK = {
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.python.task.killTimeout": "1s",
}


def cluster_properties(spec: DriverSpec) -> dict[str, str]:
    """Properties of a driver in a pod: client mode, executors as pods. The administrator's ``spark_conf`` wins."""
    driver, executor = spec.driver, spec.executor
    properties = {
        **NOTEBOOK,
        "spark.submit.deployMode": "client",
        "spark.app.name": spec.pod_name,
        "spark.kubernetes.namespace": spec.namespace,
        "spark.kubernetes.driver.pod.name": spec.pod_name,  # without it executors have no owner
        "spark.kubernetes.container.image": spec.image,
        "spark.kubernetes.authenticate.executor.serviceAccountName": executor.service_account,
        "spark.kubernetes.executor.podTemplateFile": EXECUTOR_TEMPLATE,
        "spark.kubernetes.executor.podTemplateContainerName": EXECUTOR_CONTAINER,
        "spark.kubernetes.executor.request.cores": executor.cpu,
        "spark.driver.memory": f"{driver.memory.heap}m",
        "spark.executor.memory": f"{executor.memory.heap}m",
        "spark.executor.memoryOverhead": f"{executor.memory.overhead + executor.memory.python}m",
        "spark.executor.cores": str(spec.executor_cores),
        "spark.executor.instances": str(spec.executor_instances),
        # A session must not wait 30 s for executors that may never come; then nothing tells how many there will be.
        "spark.scheduler.minRegisteredResourcesRatio": "0",
        # By default Spark itself ends with the third executor that fails, be it in a week: a notebook outlives more.
        "spark.executor.maxNumFailures": str(max(100, 10 * spec.executor_max_instances)),
        "spark.executor.failuresValidityInterval": "1h",
        # By default 10 s, which the first request of a JVM on a busy node may take: its classes are loaded meanwhile.
        "spark.kubernetes.driver.connectionTimeout": "30000",
        "spark.kubernetes.driver.requestTimeout": "30000",
        "spark.default.parallelism": _parallelism(spec.executor_max_instances, spec.executor_cores, spec.spark_conf),
    }
    if executor.cpu_limit:
        properties["spark.kubernetes.executor.limit.cores"] = executor.cpu_limit
    if spec.image_pull_policy:
        properties["spark.kubernetes.container.image.pullPolicy"] = spec.image_pull_policy
    if spec.image_pull_secrets:
        properties["spark.kubernetes.container.image.pullSecrets"] = ",".join(spec.image_pull_secrets)
    if spec.executor_max_instances > spec.executor_instances:
        properties.update(_dynamic_allocation(spec))
    if spec.spark_encryption:
        properties.update(_encryption())
    return {**properties, **spec.spark_conf, **_java_options(spec)}


def ui_ports(spec: DriverSpec) -> range:
    """Where the driver's UI may listen: from the port that the administrator chose, as far as Spark tries. Where any port may
    do (0) it can't be found.
    """
    first = spec.spark_conf.get("spark.ui.port", str(FIRST_PORT))
    return range(int(first), int(first) + PORTS) if first.isdecimal() and int(first) else range(0)


def _java_options(spec: DriverSpec) -> dict[str, str]:
    """Before the administrator's own, which so win."""
    ours = java_options(spec)
    names = [f"spark.{role}.defaultJavaOptions" for role in ("driver", "executor")]
    return {name: f"{ours} {spec.spark_conf.get(name, '')}".strip() for name in names}


def _dynamic_allocation(spec: DriverSpec) -> JsonObject:
    return {
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.minExecutors": str(spec.executor_instances),
        "spark.dynamicAllocation.maxExecutors": str(spec.executor_max_instances),
        # By default an executor with shuffle or cached data is never let go.
        "spark.dynamicAllocation.shuffleTracking.timeout": "600s",
        "spark.dynamicAllocation.cachedExecutorIdleTimeout": "1800s",
    }


def _encryption() -> dict[str, str]:
    """RPC and block transfer. Without a file Spark hands the secret to executors in their environment; the names for one role
    alone (…driver.file, …executor.file) are not read by an executor's first connection, which fetches its properties.
    """
    return {
        "spark.authenticate": "true",
        "spark.authenticate.secret.file": SPARK_SECRET,
        "spark.network.crypto.enabled": "true",
    }


def local_properties(
    size: LocalSize, places: LocalPlaces, *, app_name: str, secret: str | None, spark_conf: Mapping[str, str]
) -> dict[str, str]:
    """Properties of a driver on this machine: ``local-cluster`` mode, so that executors are processes of their own, all on
    the loopback address and with nothing written outside of ``places``. ``secret`` authenticates and encrypts Spark's own
    traffic: without it any user of the machine may connect. The administrator's ``spark_conf`` wins.
    """
    properties = {
        **NOTEBOOK,
        # A worker offers what its executor may ask for, so that a larger spark.executor.memory is still met.
        "spark.master": f"local-cluster[{size.executors},{size.executor_cores},{size.worker_mib}]",
        "spark.app.name": app_name,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{size.driver.heap}m",
        "spark.executor.memory": f"{size.executor.heap}m",
        "spark.executor.cores": str(size.executor_cores),
        "spark.default.parallelism": _parallelism(size.executors, size.executor_cores, spark_conf),
        "spark.local.dir": str(places.scratch),
        "spark.sql.warehouse.dir": str(places.warehouse),
        # Hive's metastore, where a user asks for it, would be made in the notebook's folder.
        "spark.driver.defaultJavaOptions": f"{COMPILER} -Dderby.system.home={places.derby}",
        "spark.executor.defaultJavaOptions": COMPILER,
    }
    if secret is not None:
        properties |= {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secret,
            "spark.network.crypto.enabled": "true",
        }
    own = {**properties, **spark_conf}
    if _task_cpus(spark_conf) > size.executor_cores:  # this machine has smaller executors than a cluster; Spark would not start
        own["spark.task.cpus"] = str(size.executor_cores)
    return own


def _parallelism(executors: int, cores: int, conf: Mapping[str, str]) -> str:
    """As many parts as tasks can run at a time. Spark counts at least two."""
    return str(max(2, executors * max(1, cores // _task_cpus(conf))))


def _task_cpus(conf: Mapping[str, str]) -> int:
    cpus = conf.get("spark.task.cpus", "1")
    return int(cpus) if cpus.isdecimal() and int(cpus) else 1


def render(properties: Mapping[str, str]) -> str:
    """The text of a ``spark-defaults.conf``, which Java reads as a properties file: key, blank, escaped value."""
    return "".join(f"{_escape(key, is_key=True)} {_escape(value)}\n" for key, value in sorted(properties.items()))


def _escape(text: str, is_key: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t").replace("\f", "\\f")
    if is_key:
        return text.replace(" ", "\\ ").replace(":", "\\:").replace("=", "\\=").replace("#", "\\#").replace("!", "\\!")
    # A leading blank, "=" or ":" would be taken for the separator.
    return "\\" + text if text[:1] in (" ", "=", ":") else text
