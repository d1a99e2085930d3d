"""Drivers on this machine, for those without a cluster: child processes of the Jupyter server, Spark in ``local-cluster``
mode. The code inside the driver is the cluster's; volumes, images and access to the cluster play no part.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.profiles import with_profile
from ..errors import Cause, LaunchError
from ..models.driver import DriverFacts, SessionMode
from ..models.exits import death_of_process, in_words
from ..models.phase import Phase, StartPhase
from .base import CHANNELS, Backend, ConnectionInfo, Driver, LaunchRequest
from .connection import connection_info
from .greeting import await_greeting
from .local_home import INSTALL, LocalHome
from .local_launch import LOOPBACK, LocalLaunch, find_installed
from .local_processes import end_session, memory_of_session, signal_group, signal_session
from .local_size import local_size, machine
from .ui_doors import LocalUi

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection

    from ..config.traits import SparkK8s

# After the kernel's end its JVM has this long to end by itself.
_GRACE_S = 3.0
_LOG_LINES = 15


class LocalBackend(Backend):
    """Drivers as child processes of this one. Keeps nothing that belongs to an event loop."""

    def __init__(self, settings: SparkK8s) -> None:
        self._settings = settings
        # Ports of launches that are not closed: one that has not bound its own yet must not lose them to the next.
        self._ports: set[int] = set()

    def driver(self, request: LaunchRequest) -> LocalDriver:
        """A driver that is not started yet. Raises ConfigurationError where the settings can't be right."""
        values = with_profile(self._settings, request.profile)
        return LocalDriver(LocalLaunch(request, values, local_size(values, machine())), self._ports, self._settings.log)

    async def close(self) -> None:
        """Nothing is shared but the numbers of ports."""


class LocalDriver(Driver):
    """One kernel process and what Spark starts from it. Each call may come on another event loop."""

    def __init__(self, launch: LocalLaunch, taken_ports: set[int], log: logging.Logger) -> None:
        self.kernel_id = launch.request.kernel_id
        self._launch = launch
        self._log = log
        self._taken = taken_ports
        self._ports: frozenset[int] = frozenset()
        self._home: LocalHome | None = None
        self._files = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0

    async def start(self) -> ConnectionInfo:
        """Start the kernel in a directory and a session of its own, and return when it greets.

        Raises LaunchError, and leaves nothing behind then.
        """
        try:
            return await self._start()
        except OSError as error:
            await self.close()
            advice = "See that the temporary directory (TMPDIR) can be written and has space, then start the kernel again."
            raise LaunchError(Cause("The kernel's process could not be prepared.", str(error), advice)) from error
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> ConnectionInfo:
        encrypted = self._launch.values["transport_encryption"] == "required"
        ports = _free_ports(len(CHANNELS), self._launch.request.avoid_ports | self._taken)
        self._ports = frozenset(ports)
        self._launch.request.on_phase(StartPhase(Phase.CREATED))
        self._taken |= self._ports
        info = connection_info(self._launch.request, LOOPBACK, dict(zip(CHANNELS, ports, strict=True)), encrypted)
        home, environ = await asyncio.to_thread(self._prepare, info)
        self._spawn(home, environ)
        self._launch.request.on_phase(StartPhase(Phase.STARTING_PYTHON))
        await self._await_kernel(home, info["hb_port"], encrypted)
        if self._launch.values["session"] == SessionMode.EAGER:
            self._launch.request.on_phase(StartPhase(Phase.STARTING_SPARK))
        return info

    def _prepare(self, info: ConnectionInfo) -> tuple[LocalHome, dict[str, str]]:
        """Find what is needed and write the launch's files; blocks. The kernel's environment is part of the result."""
        installed = find_installed()
        with self._files:
            if self._closed:
                raise LaunchError(Cause("The kernel was shut down before it had started.", "", "Start it again."))
            home = self._home = LocalHome(self.kernel_id[:8])
            return home, self._launch.write(home, installed, info)

    def _spawn(self, home: LocalHome, environ: dict[str, str]) -> None:
        """Start the process: some milliseconds. On the loop's own thread, so that no cancellation can come between."""
        cwd = Path(self._launch.request.cwd or Path.home())
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
        self._started_at = time.time()
        self._log.info("Kernel %s runs as process %d in %s", self.kernel_id, self._process.pid, home.path)

    async def _await_kernel(self, home: LocalHome, port: int, encrypted: bool) -> None:
        """Return when the heartbeat, the socket that ipykernel opens last, greets."""

        async def open_stream() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            if self.poll() is not None:
                raise _EndedError
            return await asyncio.open_connection(LOOPBACK, port)

        deadline = asyncio.get_running_loop().time() + self._launch.values["start_timeout_s"]
        try:
            await await_greeting(open_stream, encrypted, deadline)
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

    def death(self) -> Cause:
        """See Driver."""
        return death_of_process(self.poll() or 0)

    def facts(self) -> DriverFacts | None:
        """See Driver."""
        session = SessionMode(self._launch.values["session"])
        if self._process is None:
            return DriverFacts("local", session=session)
        return DriverFacts("local", process=self._process.pid, started_at=self._started_at, session=session)

    def ui_door(self) -> LocalUi | None:
        """See Driver."""
        if self._process is None or self.poll() is not None:
            return None
        return LocalUi(self._process.pid, self._ports)

    async def memory_used(self) -> int | None:
        """See Driver. Spark's executors are in it: they are processes of the same kernel."""
        if self._process is None:
            return None
        return await asyncio.to_thread(memory_of_session, self._process.pid)

    async def wait(self) -> int:
        """Return the exit code when the kernel process has ended."""
        # No watch: what asyncio offers for a child belongs to one event loop, and each call may come on another.
        while (code := self.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return code

    async def send_signal(self, signum: int) -> None:
        """Deliver a signal to the kernel's process group, as a terminal would: to the kernel and its commands."""
        if self._process is not None and self.poll() is None:
            signal_group(self._process.pid, signum)

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
        self._taken -= self._ports

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
