"""Which kernels our routes look after: ours, started by this server; never a gateway's."""

from __future__ import annotations

from typing import cast

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.gateway.managers import GatewayKernelSpecManager

from jupyter_sparkk8s.provisioner.provisioners import is_ours


class Specs(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name == "none":
            raise NoSuchKernel(kernel_name)
        return KernelSpec(metadata={"kernel_provisioner": {"provisioner_name": kernel_name}} if kernel_name else {})


def test_kernels_of_ours() -> None:
    names = ("spark-k8s", "spark-local", "local-provisioner", "", "none")
    assert [is_ours(Specs(), name) for name in names] == [True, True, False, False, False]


def test_a_gateway_s_kernels_are_its_own() -> None:
    behind = cast("KernelSpecManager", object.__new__(GatewayKernelSpecManager))
    assert not is_ours(behind, "spark-k8s")
