"""The command of an executor pod: starts Spark's executor as Spark's own image would, in any image with Python and Java.
Source of the arguments: the entrypoint of Spark's Kubernetes image, command ``executor``.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec


def java() -> str:
    """Path of the Java command; ends the executor with a sentence where there is none."""
    from shutil import which

    home = os.environ.get("JAVA_HOME")
    path = which(os.path.join(home, "bin", "java")) if home else which("java")
    if path is None:
        sys.exit("No Java in the executor's image: neither JAVA_HOME nor PATH leads to a java command.")
    return path


def jars() -> str:
    """Class path of Spark's jars: SPARK_HOME's, else those that the pyspark package carries."""
    home = os.environ.get("SPARK_HOME")
    if not home:
        spec = find_spec("pyspark")
        if spec is None or spec.origin is None:
            sys.exit("No Spark in the executor's image: SPARK_HOME is not set and the pyspark package is not installed.")
        home = os.path.dirname(spec.origin)
    return os.path.join(home, "jars", "*")


def main() -> None:
    """Replace this process by the executor's JVM."""
    env = os.environ
    options = [
        env[name]
        for name in sorted((n for n in env if n.startswith("SPARK_JAVA_OPT_")), key=lambda n: int(n.rsplit("_", 1)[1]))
    ]
    # SPARK_CLASSPATH is spark.executor.extraClassPath, HADOOP_CONF_DIR the driver's; the others come from the image.
    class_path = ":".join(
        part
        for part in (
            env.get("SPARK_CONF_DIR"),
            env.get("HADOOP_CONF_DIR"),
            env.get("SPARK_CLASSPATH"),
            jars(),
            env.get("SPARK_EXTRA_CLASSPATH"),
            os.getcwd(),
            env.get("SPARK_DIST_CLASSPATH"),
        )
        if part
    )
    memory = env["SPARK_EXECUTOR_MEMORY"]
    # Before it has the driver's properties an executor reads its secret from a file only where it knows the master to be
    # Kubernetes (SecurityManager.secretKeyFromFile); Spark itself does not tell it.
    options.append("-Dspark.master=k8s://https://kubernetes.default.svc")
    command = [java(), *options, "-Xms" + memory, "-Xmx" + memory, "-cp", class_path]
    command.append("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend")
    for flag, variable in (
        ("--driver-url", "SPARK_DRIVER_URL"),
        ("--executor-id", "SPARK_EXECUTOR_ID"),
        ("--cores", "SPARK_EXECUTOR_CORES"),
        ("--app-id", "SPARK_APPLICATION_ID"),
        ("--hostname", "SPARK_EXECUTOR_POD_IP"),
        ("--resourceProfileId", "SPARK_RESOURCE_PROFILE_ID"),
        ("--podName", "SPARK_EXECUTOR_POD_NAME"),
    ):
        command += [flag, env[variable]]
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
