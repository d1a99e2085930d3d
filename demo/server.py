"""A real Jupyter server as a child process, for the demo without a browser and for tests.
It has runtime files, a token and a port of its own, and is shut down through its API, as a user does it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .client import JupyterClient, ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


def as_root() -> list[str]:
    """What lets a server run as root, where we are: in a container one often is."""
    return ["--allow-root"] if os.geteuid() == 0 else []


class JupyterServer:
    """``async with JupyterServer(folder) as server:`` serves ``folder``; ``server.client`` speaks to it."""

    def __init__(
        self,
        root: Path,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "jupyterlab"),
        cwd: Path | None = None,
    ) -> None:
        self._root = root
        self._arguments = arguments
        self._environ = environ
        self._command = command
        self._cwd = cwd
        self.token = secrets.token_hex(24)
        self._runtime = tempfile.TemporaryDirectory(prefix="jupyter-runtime-")
        self.log = Path(self._runtime.name) / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.client: JupyterClient

    async def __aenter__(self) -> JupyterServer:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Return when the server answers. Raises ServerError with the end of its log where it doesn't."""
        process = self.process = self._spawn()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not await self._answers(process):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(0, f"The Jupyter server did not start:\n{self.log_tail()}")
            await asyncio.sleep(0.05)

    async def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether the server listens: it writes down where before it does."""
        info = self._info(process)
        if info:
            self.client = JupyterClient(info["url"], self.token)
            with suppress(ConnectionRefusedError):
                return bool(await self.client.request("GET", "api"))
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        environ = os.environ if self._environ is None else self._environ
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [
                    *(*self._command, "--no-browser", f"--ServerApp.root_dir={self._root}"),
                    *as_root(),
                    *self._arguments,
                ],
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environ, "JUPYTER_TOKEN": self.token, "JUPYTER_RUNTIME_DIR": self._runtime.name},
                start_new_session=True,  # an interrupt in the terminal is ours to handle
            )

    def _info(self, process: subprocess.Popen[bytes]) -> dict[str, str]:
        """What the server says of itself; nothing until it does."""
        try:
            text = (Path(self._runtime.name) / f"jpserver-{process.pid}.json").read_text()
            return dict(json.loads(text))
        except (OSError, json.JSONDecodeError):
            return {}

    def log_tail(self, lines: int = 30) -> str:
        """The last lines of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def stop(self) -> None:
        """Shut the server and its kernels down; return when the process is gone."""
        process = self.process
        if process is not None and process.poll() is None:
            try:
                await self.client.request("POST", "api/shutdown")
            except (AttributeError, OSError, ServerError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                await asyncio.to_thread(process.wait)
        self._runtime.cleanup()
