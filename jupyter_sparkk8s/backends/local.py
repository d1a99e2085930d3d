"""Drivers on this machine, for those without a cluster: child processes of the Jupyter server, Spark in ``local-cluster``
mode. The code inside the driver is the cluster's; volumes, images and access to the cluster play no part.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.identity import username
from ..config.profiles import with_profile
from ..config.templates import expand_known
from ..errors import Cause, LaunchError
from ..spark.java import find_java, java_home
from ..spark.launch_files import launch_file
from ..spark.properties import local_properties, render
from .base import CHANNELS, Backend, ConnectionInfo, Driver, LaunchRequest
from .connection import connection_file, connection_info
from .greeting import await_greeting
from .local_home import INSTALL, LocalHome, installed_spark, need_ipykernel
from .local_processes import end_session, in_words, signal_session
from .local_size import local_size, machine

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection

    from ..config.traits import SparkK8s
    from ..models.local import LocalSize

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
# After the kernel's end its JVM has this long to end by itself.
_GRACE_S = 3.0
_LOG_LINES = 15


class LocalBackend(Backend):
    """Drivers as child processes of this one. Keeps nothing that belongs to an event loop."""

    def __init__(self, settings: SparkK8s) -> None:
        self._settings = settings

    def driver(self, request: LaunchRequest) -> LocalDriver:
        """A driver that is not started yet. Raises ConfigurationError where the settings can't be right."""
        values = with_profile(self._settings, request.profile)
        return LocalDriver(request, values, local_size(values, machine()), self._settings.log)

    async def close(self) -> None:
        """Nothing is shared."""


class LocalDriver(Driver):
    """One kernel process and what Spark starts from it. Each call may come on another event loop."""

    def __init__(self, request: LaunchRequest, values: dict[str, Any], size: LocalSize, log: logging.Logger) -> None:
        self._request = request
        self._values = values
        self._size = size
        self._log = log
        self._home: LocalHome | None = None
        self._files = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> ConnectionInfo:
        """Start the kernel in a directory and a session of its own, and return when it greets.

        Raises LaunchError, and leaves nothing behind then.
        """
        try:
            return await self._start()
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> ConnectionInfo:
        encrypted = self._values["transport_encryption"] == "required"
        ports = dict(zip(CHANNELS, _free_ports(len(CHANNELS), self._request.avoid_ports), strict=True))
        info = connection_info(self._request, LOOPBACK, ports, encrypted)
        home, environ = await asyncio.to_thread(self._prepare, info)
        self._spawn(home, environ)
        await self._await_kernel(home, info["hb_port"], encrypted)
        return info

    def _prepare(self, info: ConnectionInfo) -> tuple[LocalHome, dict[str, str]]:
        """Find what is needed and write the launch's files; blocks. The kernel's environment is part of the result."""
        need_ipykernel()
        spark = installed_spark(os.environ.get("SPARK_HOME"))
        java = find_java(os.environ)
        with self._files:
            if self._closed:
                raise LaunchError(Cause("The kernel was shut down before it had started.", "", "Start it again."))
            home = self._home = LocalHome(self._request.kernel_id[:8])
            home.link_spark(spark)
            home.write("connection.json", connection_file(info, KERNEL_NAME))
            for name in ("kernel.py", "session.py"):
                home.write(name, launch_file(name))
            for name in ("spark-env.sh", "log4j2.properties"):
                home.write(f"conf/{name}", launch_file(name))
            home.write("conf/spark-defaults.conf", render(self._properties(home)))
            environ = self._environ(home)
            environ["JAVA_HOME"] = str(java_home(java, home.path / "java"))
        return home, environ

    def _names(self) -> dict[str, str]:
        return {"username": username(), "kernel_id": self._request.kernel_id, "server": self._values["server_id"]}

    def _properties(self, home: LocalHome) -> dict[str, str]:
        return local_properties(
            self._size,
            home.places,
            app_name=f"spark-{self._request.kernel_id[:8]}-{self._request.launch}",
            secret=secrets.token_hex(32) if self._values["spark_encryption"] else None,
            spark_conf={key: expand_known(str(text), self._names()) for key, text in self._values["spark_conf"].items()},
        )

    def _environ(self, home: LocalHome) -> dict[str, str]:
        """The server's own environment, as any local kernel has it, under what is ours and the administrator's."""
        environ = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        if "JPY_SESSION_NAME" in self._request.environ:
            environ["JPY_SESSION_NAME"] = self._request.environ["JPY_SESSION_NAME"]
        return environ | {
            "JPY_PARENT_PID": str(os.getpid()),  # ipykernel ends when this process is not its parent any more
            "SPARK_HOME": str(home.spark),
            "SPARK_CONF_DIR": str(home.conf),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_LOCAL_HOSTNAME": "localhost",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "SPARKK8S_SESSION": self._values["session"],
            "SPARKK8S_LOG": str(home.spark_log),
            **{name: expand_known(str(text), self._names()) for name, text in self._values["env"].items()},
        }

    def _spawn(self, home: LocalHome, environ: dict[str, str]) -> None:
        """Start the process: some milliseconds. On the loop's own thread, so that no cancellation can come between."""
        cwd = Path(self._request.cwd or Path.home())
        with home.kernel_log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(home.path / "kernel.py"), "-f", str(home.path / "connection.json")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd if cwd.is_dir() else Path.home(),
                env=environ,
                start_new_session=True,
            )
        self._log.info("Kernel %s runs as process %d in %s", self._request.kernel_id, self._process.pid, home.path)

    async def _await_kernel(self, home: LocalHome, port: int, encrypted: bool) -> None:
        """Return when the heartbeat, the socket that ipykernel opens last, greets."""

        async def open_stream() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            if self.poll() is not None:
                raise _EndedError
            return await asyncio.open_connection(LOOPBACK, port)

        seconds = self._values["start_timeout_s"]
        try:
            await await_greeting(open_stream, encrypted, asyncio.get_running_loop().time() + seconds)
        except _EndedError:
            title = f"The kernel ended as soon as it was started: {in_words(self.poll() or 0)}."
            advice = "Correct what its output names, then start the kernel again."
            raise LaunchError(Cause(title, home.output(_LOG_LINES), advice)) from None
        except LaunchError as error:
            title = f"The kernel on this machine can't be used. {error.cause.title}"
            advice = f"Bring Python's packages up to date: {INSTALL}. A slow machine may need a larger start_timeout_s."
            said = "\n".join(filter(None, [error.cause.said, home.output(_LOG_LINES)]))
            raise LaunchError(Cause(title, said, advice)) from error

    def poll(self) -> int | None:
        """None while the kernel process lives, else its exit code (negative: a signal)."""
        return 0 if self._process is None else self._process.poll()

    async def wait(self) -> int:
        """Return the exit code when the kernel process has ended."""
        # No watch: what asyncio offers for a child belongs to one event loop, and each call may come on another.
        while (code := self.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return code

    async def send_signal(self, signum: int) -> None:
        """Deliver a signal to the kernel's process group, as a terminal would: to the kernel and its commands."""
        if self._process is not None and self.poll() is None:
            os.killpg(self._process.pid, signum)

    async def terminate(self) -> None:
        """Ask the kernel to end; its JVM ends with it."""
        if self._process is not None:
            self._process.terminate()

    async def kill(self) -> None:
        """Kill the kernel and all processes of its session."""
        if self._process is not None and self.poll() is None:
            await asyncio.to_thread(signal_session, self._process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End the kernel if it lives; return when no process and no file of the launch is left. May be called twice."""
        self._closed = True
        process = self._process
        if process is not None:
            await self.kill()
            await self.wait()
            await end_session(process.pid, _GRACE_S)
        await asyncio.to_thread(self._remove_files)

    def _remove_files(self) -> None:
        with self._files:
            if self._home is not None:
                self._home.remove()


class _EndedError(Exception):
    """The kernel process has ended before it greeted."""


def _free_ports(count: int, avoid: Collection[int]) -> list[int]:
    """Ports of the loopback address that nobody uses now, none in ``avoid``."""
    ports: list[int] = []
    held = []
    try:
        while len(ports) < count:
            held.append(socket.socket())
            held[-1].bind((LOOPBACK, 0))
            port = held[-1].getsockname()[1]
            if port not in avoid:
                ports.append(port)
    finally:
        for each in held:
            each.close()
    return ports
