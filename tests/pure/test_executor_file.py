"""The executor's start script in a process of its own: the command line that Spark's own image would have run.

Java is played by a script that tells how it was called: what it is called with is all that the script does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sparkk8s.spark import launch_files

SCRIPT = Path(launch_files.__file__).with_name("executor.py")
# What Spark gives an executor's container (BasicExecutorFeatureStep).
SPARK = {
    "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@10.0.0.7:7078",
    "SPARK_EXECUTOR_ID": "3",
    "SPARK_EXECUTOR_CORES": "2",
    "SPARK_EXECUTOR_MEMORY": "1383m",
    "SPARK_APPLICATION_ID": "spark-1",
    "SPARK_EXECUTOR_POD_IP": "10.0.0.8",
    "SPARK_EXECUTOR_POD_NAME": "spark-anna-exec-3",
    "SPARK_RESOURCE_PROFILE_ID": "0",
    "SPARK_CONF_DIR": "/opt/spark/conf",
}
MAIN = [
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
    *("--driver-url", "spark://CoarseGrainedScheduler@10.0.0.7:7078"),
    *("--executor-id", "3"),
    *("--cores", "2"),
    *("--app-id", "spark-1"),
    *("--hostname", "10.0.0.8"),
    *("--resourceProfileId", "0"),
    *("--podName", "spark-anna-exec-3"),
]
# Without it an executor does not read its secret from the file that the driver's properties name.
MASTER = "-Dspark.master=k8s://https://kubernetes.default.svc"


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """A JAVA_HOME."""
    command = tmp_path / "java home" / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nfor argument; do printf "%s\\0" "$argument"; done\n')
    command.chmod(0o755)
    return command.parent.parent


def start(cwd: Path, environ: dict[str, str]) -> list[str]:
    # As the pod does it: Spark appends the argument ``executor``.
    done = subprocess.run(
        [sys.executable, SCRIPT, "executor"], env=environ, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\0")[:-1]


@pytest.fixture
def spark(tmp_path: Path) -> Path:
    """A SPARK_HOME."""
    jars = tmp_path / "spark" / "jars"
    jars.mkdir(parents=True)
    for name in ("b.jar", "a.jar", "notes.txt"):
        (jars / name).touch()
    return jars.parent


def class_path(command: list[str]) -> str:
    return command[command.index("-cp") + 1]


def test_spark_s_command_line(java: Path, spark: Path, tmp_path: Path) -> None:
    environ = {"JAVA_HOME": str(java), "SPARK_HOME": str(spark), **SPARK}
    path = f"{spark}/jars/a.jar:{spark}/jars/b.jar:/opt/spark/conf:{tmp_path}"
    assert start(tmp_path, environ) == [MASTER, "-Xms1383m", "-Xmx1383m", "-cp", path, *MAIN]


def test_options_come_in_their_order_and_whole(java: Path, spark: Path, tmp_path: Path) -> None:
    options = {f"SPARK_JAVA_OPT_{number}": f"-Dn={number} and *" for number in range(12)}
    command = start(tmp_path, {"JAVA_HOME": str(java), "SPARK_HOME": str(spark), **SPARK, **options})
    assert command[:13] == [*(f"-Dn={number} and *" for number in range(12)), MASTER]


def test_the_class_path_has_what_users_and_images_add(java: Path, spark: Path, tmp_path: Path) -> None:
    """spark.executor.extraClassPath comes as SPARK_CLASSPATH, before Spark's own jars."""
    more = {
        "SPARK_CLASSPATH": "/shares/jars/*",
        "HADOOP_CONF_DIR": "/etc/hadoop",
        "SPARK_EXTRA_CLASSPATH": "/image/extra.jar",
        "SPARK_DIST_CLASSPATH": "/opt/hadoop/*",
    }
    command = start(tmp_path, {"JAVA_HOME": str(java), "SPARK_HOME": str(spark), **SPARK, **more})
    jars = f"{spark}/jars/a.jar:{spark}/jars/b.jar"
    more_after = f"/opt/spark/conf:/image/extra.jar:{tmp_path}:/opt/hadoop/*"
    assert class_path(command) == f"/etc/hadoop:/shares/jars/*:{jars}:{more_after}"


def test_an_archive_of_the_image_is_taken_where_nothing_comes_before_the_jars(java: Path, spark: Path, tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"
    environ = {"JAVA_HOME": str(java), "SPARK_HOME": str(spark), **SPARK, "SPARKK8S_CLASS_ARCHIVE": str(archive)}
    option = f"-XX:SharedArchiveFile={archive}"
    assert option not in start(tmp_path, environ)
    archive.touch()
    command = start(tmp_path, environ)
    assert option in command
    assert class_path(command).startswith(f"{spark}/jars/a.jar:{spark}/jars/b.jar:")
    assert option not in start(tmp_path, environ | {"SPARK_CLASSPATH": "/shares/jars/*"})


def test_java_on_the_path_and_spark_from_the_pyspark_package(java: Path, tmp_path: Path) -> None:
    package = tmp_path / "site" / "pyspark"
    (package / "jars").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "jars" / "a.jar").touch()
    command = start(tmp_path, {"PATH": f"{java}/bin", "PYTHONPATH": str(tmp_path / "site"), **SPARK})
    assert class_path(command) == f"{package}/jars/a.jar:/opt/spark/conf:{tmp_path}"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"JAVA_HOME": "/none", "SPARK_HOME": "/opt/spark"}, "No Java in the executor's image: neither JAVA_HOME nor PATH "),
        ({"PATH": "/none", "SPARK_HOME": "/opt/spark"}, "No Java in the executor's image: neither JAVA_HOME nor PATH "),
        ({"JAVA_HOME": "JAVA"}, "No Spark in the executor's image: neither SPARK_HOME nor the pyspark package leads "),
    ],
)
def test_what_the_image_lacks_is_told_in_one_line(java: Path, tmp_path: Path, environ: dict[str, str], said: str) -> None:
    environ = {name: value.replace("JAVA", str(java)) for name, value in environ.items()}
    # -S: without the packages of this environment, pyspark among them
    command = [sys.executable, "-S", str(SCRIPT), "executor"]
    done = subprocess.run(command, env=environ | SPARK, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_another_spark_than_the_driver_s_is_told(java: Path, tmp_path: Path) -> None:
    jars = tmp_path / "spark" / "jars"
    jars.mkdir(parents=True)
    (jars / "spark-core_2.12-3.5.9.jar").touch()
    python = "{}.{}".format(*sys.version_info)
    environ = {"JAVA_HOME": str(java), "SPARK_HOME": str(jars.parent), **SPARK}
    same = {"SPARKK8S_DRIVER_VERSIONS": f'{{"Python": "{python}", "Spark": "3.5.9"}}'}
    assert start(tmp_path, environ | same)
    other = {"SPARKK8S_DRIVER_VERSIONS": '{"Python": "3.7", "Spark": "4.3.0"}'}
    command = [sys.executable, str(SCRIPT), "executor"]
    done = subprocess.run(command, env=environ | other, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == (
        f"The executors' image has Python {python} and Spark 3.5.9, the driver's has Python 3.7 and Spark 4.3.0: "
        "they must be the same. Use one image for both (c.SparkK8s.image), or ask your administrator.\n"
    )
