"""What jupyter_server misses of a restart: that one by the restarter has new ports, and that one has failed (2.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase


def watch_again(provisioner: KernelProvisionerBase) -> None:
    """Point the server's watch over the kernel's activity to its new ports. The server does so by itself only where it was
    asked for the restart; else a busy kernel would read idle and be culled, or a kernel that died busy never be.
    """
    kernel: Any = provisioner.parent
    manager: Any = getattr(kernel, "parent", None)
    if hasattr(manager, "start_watching_activity") and provisioner.kernel_id in manager:
        kernel.execution_state = "starting"
        manager.stop_watching_activity(provisioner.kernel_id)
        manager.start_watching_activity(provisioner.kernel_id)


def report_dead(provisioner: KernelProvisionerBase, why: Exception) -> None:
    """A restart has failed, and there is no kernel any more: tell who is connected, as the restarter does when it gives up.
    Else the kernel would stay "restarting", or idle without ever answering.
    """
    kernel: Any = provisioner.parent
    restarter = getattr(kernel, "_restarter", None)
    if restarter is not None:
        kernel.reason = str(why)
        restarter._fire_callbacks("dead")
