"""Spark properties of a driver on this machine."""

from __future__ import annotations

from pathlib import Path

from jupyter_sparkk8s.models.driver import Memory
from jupyter_sparkk8s.models.local import LocalPlaces, LocalSize
from jupyter_sparkk8s.spark.java_options import COMPILER
from jupyter_sparkk8s.spark.properties import NOTEBOOK, local_properties

SIZE = LocalSize(
    executors=2,
    executor_cores=3,
    driver=Memory(heap=1500, overhead=256, python=600),
    executor=Memory(heap=900, overhead=256, python=250),
    worker_mib=16_000,
)
PLACES = LocalPlaces(Path("/p/scratch"), Path("/p/warehouse"), Path("/p/derby"))
BARE = {
    **NOTEBOOK,
    "spark.master": "local-cluster[2,3,16000]",
    "spark.app.name": "spark-1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1500m",
    "spark.executor.memory": "900m",
    "spark.executor.cores": "3",
    "spark.default.parallelism": "6",
    "spark.local.dir": "/p/scratch",
    "spark.sql.warehouse.dir": "/p/warehouse",
    "spark.driver.defaultJavaOptions": f"{COMPILER} -Dderby.system.home=/p/derby",
    "spark.executor.defaultJavaOptions": COMPILER,
}


def test_all_of_them() -> None:
    assert local_properties(SIZE, PLACES, app_name="spark-1", secret=None, spark_conf={}) == BARE


def test_a_secret_turns_authentication_and_encryption_on() -> None:
    with_secret = local_properties(SIZE, PLACES, app_name="spark-1", secret="s3cret", spark_conf={})
    assert {key: value for key, value in with_secret.items() if key not in BARE} == {
        "spark.authenticate": "true",
        "spark.authenticate.secret": "s3cret",
        "spark.network.crypto.enabled": "true",
    }


def test_the_administrator_has_the_last_word() -> None:
    conf = {"spark.executor.memory": "2g", "spark.jars.packages": "a:b:1"}
    assert local_properties(SIZE, PLACES, app_name="spark-1", secret=None, spark_conf=conf) == {**BARE, **conf}


def test_a_task_takes_no_more_cores_than_an_executor_has_here() -> None:
    """The setting is the cluster's, whose executors may be larger: Spark would not start."""
    found = [
        local_properties(SIZE, PLACES, app_name="a", secret=None, spark_conf={"spark.task.cpus": cpus})
        for cpus in ("1", "2", "3", "4", "many")
    ]
    assert [each["spark.task.cpus"] for each in found] == ["1", "2", "3", "3", "many"]
    assert [each["spark.default.parallelism"] for each in found] == ["6", "2", "2", "2", "6"]
