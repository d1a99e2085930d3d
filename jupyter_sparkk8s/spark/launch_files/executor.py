"""The command of an executor pod: starts Spark's executor as Spark's own image would, in any image with Python and Java.
Source of the arguments: the entrypoint of Spark's Kubernetes image, command ``executor``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from importlib.util import find_spec
from typing import NoReturn

EXIT = 78  # by which the driver knows that a sentence was left


def refuse(text: str) -> NoReturn:
    """End with a sentence that Kubernetes keeps (the container's termination message) and the driver shows in the notebook."""
    with contextlib.suppress(OSError), open("/dev/termination-log", "w") as file:
        file.write(text)
    sys.stderr.write(text + "\n")
    sys.exit(EXIT)


def java() -> str:
    """Path of the Java command; ends the executor with a sentence where there is none."""
    from shutil import which

    home = os.environ.get("JAVA_HOME")
    path = which(os.path.join(home, "bin", "java")) if home else which("java")
    return path or refuse("No Java in the executor's image: neither JAVA_HOME nor PATH leads to a java command.")


def jars() -> str | None:
    """Folder of Spark's jars: SPARK_HOME's, else those that the pyspark package carries; None where there is neither."""
    home = os.environ.get("SPARK_HOME")
    if not home:
        spec = find_spec("pyspark")
        if spec is None or spec.origin is None:
            return None
        home = os.path.dirname(spec.origin)
    return os.path.join(home, "jars")


def jar_names() -> list[str]:
    """What lies in that folder."""
    try:
        return os.listdir(jars() or "")
    except OSError:
        return []


def versions(names: list[str]) -> dict[str, str]:
    """Of what must be the same in driver and executors; Spark's by the names of its jars, as it does not run yet."""
    found = {"Python": "{}.{}".format(*sys.version_info)}
    for match in filter(None, (re.match(r"spark-core_[\d.]+-(.+)\.jar$", name) for name in names)):
        found["Spark"] = match[1]
    return found


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
    env = os.environ
    folder = jars()
    if folder is None:
        refuse("No Spark in the executor's image: SPARK_HOME is not set and the pyspark package is not installed.")
    if problem := difference(json.loads(env.get("SPARKK8S_DRIVER_VERSIONS", "{}")), versions(jar_names())):
        refuse(problem)
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
            os.path.join(folder, "*"),
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
