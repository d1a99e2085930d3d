"""How this process logs in to a cluster: a pod's account or a kubeconfig file, read anew when they have changed.
Leaves out requests.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..models.driver import Access

if TYPE_CHECKING:
    from kubernetes.aio.client import Configuration

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# What a client's TLS context and connections are made of; a token is read for each request.
_CONNECTION = ("host", "ssl_ca_cert", "ca_cert_data", "cert_file", "key_file", "verify_ssl", "tls_server_name", "proxy")


def in_cluster() -> bool:
    """Whether this process runs in a pod with a service account."""
    return "KUBERNETES_SERVICE_HOST" in os.environ and (_ACCOUNT / "token").exists()


def uses_own_account(kubeconfig: str) -> bool:
    """Whether requests go to the cluster that this process runs in, as its pod's own account."""
    return in_cluster() and not kubeconfig and "KUBECONFIG" not in os.environ


def own_namespace() -> str:
    """The namespace of the pod that this process runs in; empty outside of a cluster."""
    path = _ACCOUNT / "namespace"
    return path.read_text().strip() if in_cluster() and path.exists() else ""


def choose_access(setting: str, kubeconfig: str) -> Access:
    """What ``access = "auto"`` means here: pod addresses are reachable from a pod, and from nowhere else for certain."""
    if setting != "auto":
        return Access(setting)
    return Access.DIRECT if uses_own_account(kubeconfig) else Access.PORT_FORWARD


def preload() -> None:
    """Import what the first request needs. Takes 0.4 s of CPU: call it on a thread, before the first launch."""
    for module in ("kubernetes.aio.client.api_client", "kubernetes.aio.config", "aiohttp"):
        import_module(module)


class Login:
    """One login; ``read()`` gives it as it is now."""

    def __init__(self, kubeconfig: str = "", context: str = "") -> None:
        self._kubeconfig, self._context = kubeconfig, context
        self._seen: list[tuple[str, int]] = []

    async def read(self) -> Configuration:
        """Read files and run exec plugins. Raises ConfigurationError where that gives no login."""
        from kubernetes.aio import client, config
        from yaml import YAMLError

        settings, self._seen = client.Configuration(), self._files()
        try:
            if uses_own_account(self._kubeconfig):
                config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
            else:
                await config.load_kube_config(  # type: ignore[no-untyped-call]
                    config_file=self._kubeconfig or None, context=self._context or None, client_configuration=settings
                )
        except (config.ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError, YAMLError) as error:
            words = " ".join(str(error).split())
            raise ConfigurationError(
                f"No Kubernetes cluster is configured for this Jupyter server: {words}. Set c.SparkK8s.kubeconfig to a "
                'kubeconfig file, or choose the kernel "Spark (this machine)".'
            ) from error
        return settings

    def has_changed(self) -> bool:
        """Whether a kubeconfig file is another one than ``read()`` saw."""
        return self._files() != self._seen

    def _files(self) -> list[tuple[str, int]]:
        names = self._kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
        paths = [Path(name).expanduser() for name in names.split(os.pathsep)]
        return [(str(path), path.stat().st_mtime_ns) for path in paths if path.exists()]


def same_connection(old: Configuration, new: Configuration) -> bool:
    """Whether ``new`` differs from ``old`` in its token only, so that connections can go on."""
    return bool(new.api_key) and all(getattr(old, name) == getattr(new, name) for name in _CONNECTION)
