"""Makes an archive of the Java classes that a notebook's Spark loads, so that JVMs of this image start with less work.

Run once while the image is built: ``python3 class_archive.py ARCHIVE``. A JVM dumps what it has loaded when it ends by itself
(-XX:ArchiveClassesAtExit, Java ≥ 13). The class path is Spark's jars in the order of their names: an archive fits no other.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyspark

HOME = Path(pyspark.__file__).parent
# Classes that only a driver or an executor on Kubernetes loads; they are used as far as that goes without a cluster.
ON_KUBERNETES = (
    "org.apache.spark.deploy.k8s.SparkKubernetesClientFactory",
    "org.apache.spark.deploy.k8s.features.BasicExecutorFeatureStep",
    "org.apache.spark.deploy.k8s.features.MountSecretsFeatureStep",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsAllocator",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsLifecycleManager",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsPollingSnapshotSource",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsWatchSnapshotSource",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterManager",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterSchedulerBackend",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
    "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "org.apache.spark.ui.JWSFilter",
)


def dump(archive: str) -> None:
    """Run this file as a Spark application in a JVM that dumps its classes."""
    jars = ":".join(map(str, sorted((HOME / "jars").glob("*.jar"))))
    with tempfile.TemporaryDirectory() as scratch:
        environ = {
            **os.environ,
            "SPARK_HOME": str(HOME),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SCALA_VERSION": "2.13",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
        }
        # Options of the JVM itself are no part of what an archive has to fit, but for those of the module system.
        script = Path(scratch, "application.py")
        script.write_text(Path(__file__).read_text())
        modules = subprocess.run(
            ["java", "-cp", jars, "org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit", "x.py"],
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        options = [part for part in modules if part.startswith(("--", "-D", "-XX:+Ignore"))]
        command = ["java", f"-XX:ArchiveClassesAtExit={archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        command += ["-Xmx1g", "-cp", jars, *options]
        command += ["org.apache.spark.deploy.SparkSubmit", "--master", "local[2]", str(script), "run"]
        subprocess.run(command, cwd=scratch, env=environ, check=True)


def run() -> None:
    """What first cells do, once on a driver and executors in one JVM, then with an executor of its own, encrypted."""
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F  # noqa: N812 - what everybody calls it

    def use(spark: SparkSession) -> None:
        table = spark.range(0, 5000, 1, 4).select(
            "id", (F.col("id") % 7).alias("kind"), F.rand(1).alias("x"), F.lit("a").alias("s")
        )
        table.write.mode("overwrite").parquet("table")
        read = spark.read.parquet("table")
        read.createOrReplaceTempView("t")
        spark.sql("SELECT kind, count(*) AS n, avg(x) FROM t WHERE x > 0.1 GROUP BY kind ORDER BY n DESC").collect()
        read.join(spark.range(7).withColumnRenamed("id", "kind"), "kind").orderBy("x").limit(5).toPandas()
        spark.createDataFrame([(1, "a"), (2, "b")], ["n", "s"]).filter("n > 1").show()
        read.select(F.udf(lambda n: n + 1, "long")("id")).agg(F.sum("<lambda>(id)")).collect()
        spark.sparkContext.parallelize(range(100), 4).map(lambda n: (n % 3, n)).reduceByKey(lambda a, b: a + b).collect()

    spark = SparkSession.builder.getOrCreate()
    use(spark)
    jvm: Any = spark.sparkContext._jvm
    for name in ON_KUBERNETES:
        jvm.java.lang.Class.forName(name)
    pods(jvm)
    spark.stop()
    builder = SparkSession.builder.master("local-cluster[1,1,512]").config("spark.executor.memory", "512m")
    for name in ("spark.authenticate", "spark.network.crypto.enabled"):
        builder = builder.config(name, "true")
    spark = builder.config("spark.authenticate.secret", "only for this run").getOrCreate()
    spark.range(100).groupBy((F.col("id") % 3).alias("kind")).count().collect()
    spark.stop()


def pods(jvm: Any) -> None:
    """The Kubernetes client as Spark uses it, as far as it goes where nobody answers."""
    client = jvm.io.fabric8.kubernetes.client
    config = client.ConfigBuilder().withMasterUrl("http://127.0.0.1:1").withRequestRetryBackoffLimit(0).build()
    kubernetes = client.KubernetesClientBuilder().withConfig(config).build()
    pod = jvm.io.fabric8.kubernetes.api.model.PodBuilder().withNewMetadata().withName("x").endMetadata().withNewSpec().endSpec()
    jvm.io.fabric8.kubernetes.client.utils.Serialization.asYaml(pod.build())
    with contextlib.suppress(Exception):
        kubernetes.pods().inNamespace("x").resource(pod.build()).create()
    kubernetes.close()


if __name__ == "__main__":
    run() if sys.argv[1] == "run" else dump(sys.argv[1])
