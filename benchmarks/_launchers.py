"""One process per row of ``launch``, so that none slows another's event loop, with the same client code for all kernels that
jupyter_client starts. A process lives through all repeats, as a Jupyter server does.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ANSWER_S = 60.0


@dataclass(frozen=True)
class Place:
    """What all rows have in common. ``cpu`` and ``memory`` are Kubernetes quantities of the kernel's pod."""

    namespace: str
    kubeconfig: str
    image: str
    cpu: str
    memory: str
    node_selector: dict[str, str] = field(default_factory=dict)


class Launcher(Protocol):
    """Starts a kernel and ends it."""

    def launch(self) -> float:
        """Seconds from the start to ``kernel_info_reply``."""

    def close(self) -> None:
        """Free what was shared between launches."""


class KernelLauncher:
    """A kernelspec's kernel, started as a Jupyter server's kernel manager starts it: by its provisioner."""

    def __init__(self, kernel_name: str, settings: Mapping[str, Any]) -> None:
        from jupyter_server.serverapp import ServerApp
        from traitlets.config import Config

        self._name = kernel_name
        # The application above the kernel manager is what provisioners read their settings from; it listens nowhere.
        self._application = ServerApp(config=Config({"SparkK8s": dict(settings)}), log_level="ERROR")
        self._loop = asyncio.new_event_loop()

    def launch(self) -> float:
        """See Launcher."""
        return self._loop.run_until_complete(self._launch())

    def close(self) -> None:
        """See Launcher."""
        from jupyter_sparkk8s.provisioner.registry import close_backends

        self._loop.run_until_complete(close_backends(self._application))
        self._loop.close()

    async def _launch(self) -> float:
        from jupyter_client.manager import AsyncKernelManager

        begun = time.perf_counter()
        manager = AsyncKernelManager(parent=self._application, kernel_name=self._name)
        try:
            await manager.start_kernel()
            kernel = manager.client()
            kernel.start_channels(stdin=False, hb=False)
            try:
                kernel.kernel_info()
                reply = await kernel.get_shell_msg(timeout=ANSWER_S)
                seconds = time.perf_counter() - begun
            finally:
                kernel.stop_channels()
            assert reply["msg_type"] == "kernel_info_reply", reply
            return seconds
        finally:
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)


class Row:
    """A launcher in a process of its own; ``environ`` is set there before anything is imported."""

    def __init__(self, make: Callable[..., Launcher], *arguments: Any, environ: Mapping[str, str] | None = None) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), _initialize, (dict(environ or {}), make, arguments)
        )

    def launch(self) -> float:
        """Seconds of one launch."""
        return self._pool.submit(_launch).result()

    def close(self) -> None:
        """End the process."""
        self._pool.submit(_close).result()
        self._pool.shutdown(cancel_futures=True)


_launcher: Launcher


def _initialize(environ: dict[str, str], make: Callable[..., Launcher], arguments: tuple[Any, ...]) -> None:
    global _launcher
    # Ctrl-C reaches the whole group: a launch goes to its end, where it cleans up, and the parent ends the process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(environ)
    if "JUPYTER_DATA_DIR" in environ:
        Path(environ["JUPYTER_DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    _launcher = make(*arguments)


def _launch() -> float:
    return _launcher.launch()


def _close() -> None:
    _launcher.close()
