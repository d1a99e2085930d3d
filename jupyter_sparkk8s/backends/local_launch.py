"""What one local launch is given: the files of its private directory, and its environment.
Leaves out the process itself, and where the directory lies.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config.identity import username
from ..config.texts import texts
from ..spark.java import Java, find_java, java_home
from ..spark.launch_files import CONF_FILES, NOTEBOOK_FILES, launch_file
from ..spark.properties import local_properties, render
from .connection import connection_file
from .local_home import LocalHome, installed_spark, need_ipykernel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..models.local import LocalSize
    from .base import ConnectionInfo, LaunchRequest

LOOPBACK = "127.0.0.1"
KERNEL_NAME = "spark-local"
# What belongs to another Spark than ours, or would make pyspark join one.
_FOREIGN = (
    "MASTER",
    "PYSPARK_GATEWAY_PORT",
    "PYSPARK_GATEWAY_SECRET",
    "PYSPARK_SUBMIT_ARGS",
    "SPARK_API_MODE",
    "SPARK_CONNECT_MODE",
    "SPARK_ENV_LOADED",
    "SPARK_LOCAL_DIRS",
    "SPARK_REMOTE",
)


@dataclass(frozen=True)
class Installed:
    """What a kernel on this machine needs and has found: Spark's directory and a Java."""

    spark: Path
    java: Java


def find_installed() -> Installed:
    """Look for ipykernel, pyspark and Java; may block for some 100 ms. Raises LaunchError where one is missing."""
    need_ipykernel()
    return Installed(installed_spark(os.environ.get("SPARK_HOME")), find_java(os.environ))


@dataclass(frozen=True)
class LocalLaunch:
    """One launch as the settings want it. ``values`` are the traits' values, a profile's applied."""

    request: LaunchRequest
    values: Mapping[str, Any]
    size: LocalSize

    def write(self, home: LocalHome, installed: Installed, info: ConnectionInfo) -> dict[str, str]:
        """Write the launch's files into its directory; the kernel's environment. Raises OSError."""
        home.link_spark(installed.spark)
        home.write("connection.json", connection_file(info, KERNEL_NAME))
        for name in ("kernel.py", *NOTEBOOK_FILES):
            home.write(name, launch_file(name))
        for name in CONF_FILES:
            home.write(f"conf/{name}", launch_file(name))
        home.write("conf/spark-defaults.conf", render(self._properties(home)))
        return self._environ(home) | {"JAVA_HOME": str(java_home(installed.java, home.path / "java"))}

    def _expanded(self, trait: str) -> dict[str, str]:
        """A trait's names and texts, with the templates' variables put in."""
        names = {"username": username(), "kernel_id": self.request.kernel_id, "server": self.values["server_id"]}
        return texts(self.values[trait], names, trait)

    def _properties(self, home: LocalHome) -> dict[str, str]:
        return local_properties(
            self.size,
            home.places,
            app_name=f"spark-{self.request.kernel_id[:8]}-{self.request.launch}",
            secret=secrets.token_hex(32) if self.values["spark_encryption"] else None,
            spark_conf=self._expanded("spark_conf"),
        )

    def _environ(self, home: LocalHome) -> dict[str, str]:
        """The server's own environment, as any local kernel has it, under the administrator's, under ours: a SPARK_HOME
        that is right in an image is wrong here.
        """
        environ = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        if "JPY_SESSION_NAME" in self.request.environ:
            environ["JPY_SESSION_NAME"] = self.request.environ["JPY_SESSION_NAME"]
        return {
            **environ,
            **self._expanded("env"),
            "JPY_PARENT_PID": str(os.getpid()),  # ipykernel ends when this process is not its parent any more
            "SPARK_HOME": str(home.spark),
            "SPARK_CONF_DIR": str(home.conf),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_LOCAL_HOSTNAME": "localhost",
            "PYTHONHASHSEED": "0",  # strings must hash alike in driver and executors: pyspark asks for it
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "SPARKK8S_SESSION": self.values["session"],
            "SPARKK8S_LOG": str(home.spark_log),
        }
