"""The notebook's JVM, started beside its Python instead of after it, and without the JVM that Spark's scripts ask for its
command line. Where image or settings hold what this file does not know, pyspark starts the JVM as ever.
"""

from __future__ import annotations

import os
import re
import shlex
import struct
import subprocess
import threading
import time
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What Spark's scripts, or pyspark, heed and this file does not.
_VARIABLES = {
    "HADOOP_CONF_DIR",
    "PYSPARK_GATEWAY_PORT",
    "PYSPARK_SUBMIT_ARGS",
    "SPARK_DAEMON_JAVA_OPTS",
    "SPARK_DIST_CLASSPATH",
    "SPARK_PREPEND_CLASSES",
    "SPARK_REMOTE",
    "SPARK_SUBMIT_OPTS",
    "SPARK_TESTING",
    "YARN_CONF_DIR",
}
_SETTINGS = {"spark.driver.extraClassPath", "spark.driver.extraLibraryPath", "spark.remote", "spark.api.mode"}
_MODULES = "org/apache/spark/launcher/JavaModuleOptions.class"
_OPTION = re.compile(rb"(?:--[a-z]|-XX:|-D)[\x21-\x7e]+")


def command(installed: Any, settings: Mapping[str, str]) -> list[str] | None:
    """What Spark's ``spark-submit pyspark-shell`` would run under ``settings`` (its properties); None where that is not known.
    Source: SparkSubmitCommandBuilder and JavaModuleOptions of Spark's launcher.
    """
    java, jars = installed.java(), installed.jars()
    launcher = next((path for path in jars if os.path.basename(path).startswith("spark-launcher_")), None)
    if java is None or launcher is None or _VARIABLES & set(os.environ) or _SETTINGS & set(settings):
        return None
    modules = _module_options(launcher)
    if not modules:
        return None
    options = ["-Xmx" + settings.get("spark.driver.memory", "1g")]
    for kind in ("default", "extra"):
        options += shlex.split(settings.get(f"spark.driver.{kind}JavaOptions", ""))
    # Spark's own scripts put the configuration first. No jar of Spark's has a file of that name, so last is as good.
    where = installed.class_path(jars, [], [os.environ.get("SPARK_CONF_DIR")])
    return [
        *(java, *where, *options, *modules),
        "-Dderby.connection.requireAuthentication=false",
        *("org.apache.spark.deploy.SparkSubmit", "pyspark-shell"),
    ]


def _module_options(launcher: str) -> list[str]:
    """Java's options that this version of Spark needs: the texts of the class that holds them."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(launcher) as archive:
            return [option.decode() for option in _OPTION.findall(archive.read(_MODULES))]
    except (KeyError, OSError, BadZipFile):
        return []


class Jvm:
    """One for the first gateway that pyspark wants. It starts on a thread, so that Python's imports need not wait.
    ``load`` gives a file beside this one as a module.
    """

    def __init__(self, load: Callable[[str], Any]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._process: Any = None
        self._info = os.path.join(os.path.dirname(os.environ["SPARK_CONF_DIR"]), "gateway")
        self._thread = threading.Thread(target=self._run, name="sparkk8s-jvm", daemon=True)

    def start(self) -> None:
        """Begin, before anything of pyspark is imported."""
        self._thread.start()

    def _run(self) -> None:
        """Start the process, where its command line is known."""
        settings, installed = self._load("settings"), self._load("installed")
        settings.await_defaults()
        line = command(installed, settings.defaults())
        if line is None:
            return
        ours = {"SPARK_HOME": installed.home(), "SPARK_ENV_LOADED": "1", "SPARK_CONNECT_MODE": "0", "PYTHONHASHSEED": "0"}
        environ = {**os.environ, **ours, "_PYSPARK_DRIVER_CONN_INFO_PATH": self._info}
        # An interrupt reaches the whole process group, and is Python's alone.
        line = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *line]
        with open(os.environ["SPARKK8S_LOG"], "ab") as log:
            self._process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ)

    def join(self, java_gateway: Any) -> None:
        """Once ``pyspark.java_gateway`` is imported: let its first gateway be to this JVM."""
        launch = java_gateway.launch_gateway

        @wraps(launch)
        def launch_gateway(conf: Any = None, popen_kwargs: Any = None) -> Any:
            self._thread.join()
            with self._lock:
                process, self._process = self._process, None
            if process is None:
                return launch(conf, popen_kwargs)
            if popen_kwargs or (conf is not None and conf.getAll()) or not self._is_up(process):
                process.kill()
                process.wait()
                return launch(conf, popen_kwargs)
            known = self._gateway()
            os.environ.update(known)
            try:
                gateway = launch(conf)
            finally:
                for name in known:
                    del os.environ[name]
            gateway.proc = process
            return gateway

        java_gateway.launch_gateway = launch_gateway

    def _is_up(self, process: Any) -> bool:
        """Wait for its gateway, or for its end."""
        while process.poll() is None:
            if os.path.isfile(self._info):
                return True
            time.sleep(0.01)
        return False

    def _gateway(self) -> dict[str, str]:
        """Port and secret, in the variables that pyspark reads. Source: PythonGatewayServer."""
        with open(self._info, "rb") as file:
            port, length = struct.unpack("!ii", file.read(8))
            secret = file.read(length).decode()
        os.unlink(self._info)
        return {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
