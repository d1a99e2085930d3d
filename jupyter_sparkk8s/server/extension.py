"""The Jupyter server extension: settings are checked when the server starts, not at the first kernel, and what the first
launch needs is imported by then, off the event loop.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_server.extension.application import ExtensionApp

from ..backends.kubernetes import KubernetesBackend
from ..backends.launch_set import read_files
from ..config.checks import check
from ..config.files import load_settings
from ..errors import ConfigurationError
from ..kubernetes.login import preload
from ..monitor.monitor import Monitor
from ..provisioner.registry import close_backends, shared_backend, shared_lives
from ..tasks import Tasks
from . import feed, kernels, sessions, ui_proxy
from .memory import return_large_blocks
from .ui_headers import base_url_warning
from .ui_proxy import UiClients

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _preload(serverapp: ServerApp) -> None:
    """What the first launch would have to wait for, and the event loop with it."""
    # jupyter_client's first kernel looks for provisioners in the metadata of all installed packages: a tenth of a second.
    KernelProvisionerFactory.instance(parent=serverapp)
    read_files()
    preload()


class SparkK8sExtension(ExtensionApp):
    """Loaded by every server that has the extension enabled; costs a thread's half second."""

    name = "jupyter_sparkk8s"
    load_other_extensions = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tasks = Tasks("server extension")

    def initialize_settings(self) -> None:
        """Check the settings: a server with wrong ones says so and does not start."""
        assert self.serverapp is not None
        try:
            check(load_settings(self.serverapp))
        except ConfigurationError as error:
            # jupyter_server logs any other exception of an extension and goes on without it.
            self.serverapp.log.critical("%s", error)
            self.serverapp.exit(1)
        assert self.serverapp.event_logger is not None
        for schema in sorted(Path(__file__).parent.glob("*.yaml")):
            self.serverapp.event_logger.register_event_schema(schema)
        lives = shared_lives(self.serverapp)
        self._monitor, self._ui_clients = Monitor(lives), UiClients(lives)
        self.settings.update(
            sparkk8s_starting={},
            sparkk8s_tasks=self._tasks,
            sparkk8s_monitor=self._monitor,
            sparkk8s_ui_clients=self._ui_clients,
        )
        if warning := base_url_warning(self.serverapp.base_url):
            self.serverapp.log.warning("%s", warning)
        return_large_blocks()
        threading.Thread(target=_preload, args=(self.serverapp,), name="sparkk8s-preload", daemon=True).start()

    def initialize_handlers(self) -> None:
        """An extension's route is matched before the server's own."""
        self.handlers.extend([*kernels.HANDLERS, *sessions.HANDLERS, *feed.HANDLERS, *ui_proxy.HANDLERS])

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Called when the server's event loop runs."""
        backend = cast("KubernetesBackend", shared_backend(serverapp, KubernetesBackend))
        self._tasks.start(backend.recover(), "recover")

    async def stop_extension(self) -> None:
        """Called when the server stops, after its kernels."""
        assert self.serverapp is not None
        await self._tasks.close()
        await self._monitor.close()
        await self._ui_clients.close()
        await close_backends(self.serverapp)
