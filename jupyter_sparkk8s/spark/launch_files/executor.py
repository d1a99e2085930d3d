"""The command of an executor pod: starts Spark's executor as Spark's own image would, in any image with Python and Java.
Source of the arguments: the entrypoint of Spark's Kubernetes image, command ``executor``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import NoReturn

EXIT = 78  # by which the driver knows that a sentence was left


def refuse(text: str) -> NoReturn:
    """End with a sentence that Kubernetes keeps (the container's termination message) and the driver shows in the notebook."""
    with contextlib.suppress(OSError), open("/dev/termination-log", "w") as file:
        file.write(text)
    sys.stderr.write(text + "\n")
    sys.exit(EXIT)


def difference(driver: dict[str, str], own: dict[str, str]) -> str | None:
    """The sentence that tells of images that don't fit together; None where they do."""
    if all(own.get(name, version) == version for name, version in driver.items()):
        return None
    mine, other = (" and ".join(f"{name} {version}" for name, version in each.items()) for each in (own, driver))
    return (
        f"The executors' image has {mine}, the driver's has {other}: they must be the same. "
        "Use one image for both (c.SparkK8s.image), or ask your administrator."
    )


def main() -> None:
    """Replace this process by the executor's JVM."""
    from installed import class_path, jars, java, versions  # type: ignore[import-not-found]

    env = os.environ
    command, paths = java(), jars()
    if not command:
        refuse("No Java in the executor's image: neither JAVA_HOME nor PATH leads to a java command.")
    if not paths:
        refuse("No Spark in the executor's image: neither SPARK_HOME nor the pyspark package leads to its jars.")
    if problem := difference(json.loads(env.get("SPARKK8S_DRIVER_VERSIONS", "{}")), versions(paths)):
        refuse(problem)
    options = [
        env[name]
        for name in sorted((n for n in env if n.startswith("SPARK_JAVA_OPT_")), key=lambda n: int(n.rsplit("_", 1)[1]))
    ]
    # SPARK_CLASSPATH is spark.executor.extraClassPath, HADOOP_CONF_DIR the driver's; the others come from the image. Spark's
    # own configuration holds no class, and no jar of Spark's a file of its names: so it may come after them.
    before = [env.get("HADOOP_CONF_DIR"), env.get("SPARK_CLASSPATH")]
    after = [env.get("SPARK_CONF_DIR"), env.get("SPARK_EXTRA_CLASSPATH"), os.getcwd(), env.get("SPARK_DIST_CLASSPATH")]
    memory = env["SPARK_EXECUTOR_MEMORY"]
    # Before it has the driver's properties an executor reads its secret from a file only where it knows the master to be
    # Kubernetes (SecurityManager.secretKeyFromFile); Spark itself does not tell it.
    options.append("-Dspark.master=k8s://https://kubernetes.default.svc")
    line = [command, *options, "-Xms" + memory, "-Xmx" + memory, *class_path(paths, before, after)]
    line.append("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend")
    for flag, variable in (
        ("--driver-url", "SPARK_DRIVER_URL"),
        ("--executor-id", "SPARK_EXECUTOR_ID"),
        ("--cores", "SPARK_EXECUTOR_CORES"),
        ("--app-id", "SPARK_APPLICATION_ID"),
        ("--hostname", "SPARK_EXECUTOR_POD_IP"),
        ("--resourceProfileId", "SPARK_RESOURCE_PROFILE_ID"),
        ("--podName", "SPARK_EXECUTOR_POD_NAME"),
    ):
        line += [flag, env[variable]]
    os.execv(command, line)


if __name__ == "__main__":
    main()
