"""Spark on Kubernetes as its documentation has one do it by hand: a pod with a notebook's kernel, and in its first cell a
session in client mode. Uses nothing of jupyter_sparkk8s. Source: "Running Spark on Kubernetes", client mode, and, for the
executors' command, the entrypoint of Spark's own image, which the image measured here has not.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks._bare import BareLauncher
from benchmarks._launchers import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jupyter_client.blocking.client import BlockingKernelClient

    from tests.cluster.environment import Namespace

RESULT_S = 300.0
TEMPLATE = """
apiVersion: v1
kind: Pod
spec:
  securityContext: {runAsUser: 0}
  containers:
  - name: executor
    command:
    - bash
    - -c
    - |
      readarray -t options < <(env | grep SPARK_JAVA_OPT_ | sort -t_ -k4 -n | sed 's/[^=]*=//')
      exec java "${options[@]}" -Xms$SPARK_EXECUTOR_MEMORY -Xmx$SPARK_EXECUTOR_MEMORY \\
        -cp "/opt/python/lib/python3.11/site-packages/pyspark/jars/*" \\
        org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend --driver-url $SPARK_DRIVER_URL \\
        --executor-id $SPARK_EXECUTOR_ID --cores $SPARK_EXECUTOR_CORES --app-id $SPARK_APPLICATION_ID \\
        --hostname $SPARK_EXECUTOR_POD_IP --resourceProfileId $SPARK_RESOURCE_PROFILE_ID --podName $SPARK_EXECUTOR_POD_NAME
"""
CELL = """
import os
from pyspark.sql import SparkSession
with open("/tmp/executor.yaml", "w") as file:
    file.write({template!r})
api_server = "k8s://https://" + os.environ["KUBERNETES_SERVICE_HOST"] + ":" + os.environ["KUBERNETES_SERVICE_PORT"]
builder = SparkSession.builder.master(api_server)
for key, value in {settings!r}.items():
    builder = builder.config(key, value)
builder = builder.config("spark.driver.host", os.environ["POD_IP"]).config("spark.driver.bindAddress", os.environ["POD_IP"])
spark = builder.config("spark.kubernetes.driver.pod.name", os.environ["HOSTNAME"]).getOrCreate()
"""


class RecipeNotebook(BareLauncher):
    """Kernels without a session, in ``namespace``; ``sizes`` are the traits that say how large pods are."""

    def __init__(self, namespace: Namespace, image: str, sizes: Mapping[str, Any]) -> None:
        kubeconfig = str(namespace.kubeconfig())
        super().__init__(Place(namespace.name, kubeconfig, image, sizes["driver_cpu"], sizes["driver_memory"]))
        self._sizes = sizes

    def recipe(self, executors: int) -> str:
        """The first cell's beginning."""
        settings = {
            "spark.kubernetes.namespace": self._place.namespace,
            "spark.kubernetes.container.image": self._place.image,
            "spark.kubernetes.executor.podTemplateFile": "/tmp/executor.yaml",
            "spark.kubernetes.executor.request.cores": self._sizes["executor_cpu"],
            "spark.kubernetes.authenticate.executor.serviceAccountName": "spark-executor",
            "spark.executor.instances": str(executors),
            "spark.executor.cores": "1",
            "spark.executor.memory": "900m",
            "spark.driver.memory": "1500m",
        }
        return CELL.format(template=TEMPLATE, settings=settings)

    @contextmanager
    def ready(self) -> Iterator[Callable[[str], str]]:
        """A kernel that has answered; gives a function that runs a cell and returns what it printed."""
        with self.started(_as_driver) as kernel:
            yield lambda code: _run(kernel, code)


def _as_driver(body: dict[str, Any]) -> None:
    """What the documentation asks of a driver's pod; root, since the image has no user of a name."""
    body["spec"] |= {"serviceAccountName": "spark-driver", "securityContext": {"runAsUser": 0}}
    address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    body["spec"]["containers"][0]["env"].append(address)


def _run(kernel: BlockingKernelClient, code: str) -> str:
    printed: list[str] = []

    def hook(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])

    reply = kernel.execute_interactive(code, output_hook=hook, timeout=RESULT_S)
    assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))
    return "".join(printed)
