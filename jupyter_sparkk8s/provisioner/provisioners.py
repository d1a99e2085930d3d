"""The two entry points of jupyter_client: a driver on the cluster, or on this machine."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import NoSuchKernel

from ..backends.kubernetes import KubernetesBackend
from ..backends.local import LocalBackend
from .base import SparkProvisioner
from .registry import shared_backend

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpecManager

    from ..backends.base import Backend

# The names of the entry points.
_NAMES = ("spark-k8s", "spark-local")


def is_ours(specs: KernelSpecManager, kernel_name: str) -> bool:
    """Whether a kernelspec of this name is started by a provisioner of ours, in this server and not behind a gateway."""
    if iscoroutinefunction(specs.get_kernel_spec):  # a gateway's are: its kernels are started elsewhere
        return False
    try:
        metadata = specs.get_kernel_spec(kernel_name).metadata
    except NoSuchKernel:
        return False
    return metadata.get("kernel_provisioner", {}).get("provisioner_name") in _NAMES


class SparkK8sProvisioner(SparkProvisioner):
    """Kernel ``spark-k8s``: the driver is a pod. Without a cluster it is an error that names the way out."""

    def backend(self) -> Backend:
        """The cluster of this server's settings."""
        return shared_backend(self, KubernetesBackend)


class SparkLocalProvisioner(SparkProvisioner):
    """Kernel ``spark-local``: the driver is a child process of the server, with Spark in local-cluster mode."""

    def backend(self) -> Backend:
        """This machine."""
        return shared_backend(self, LocalBackend)
