"""What jupyter_server misses of a restart: that one by the restarter has new ports, and that one has failed (2.21); and when
the restarter is to give up.
"""

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
        kernel.cleanup_connection_file()


def give_up(provisioner: KernelProvisionerBase) -> None:
    """Let the restarter that is about to find the kernel dead give up now, and tell who is connected. Its own count starts anew
    after 10 s of life, whatever the kernel died of. What jupyter_client leaves of such a kernel goes too.
    """
    kernel: Any = provisioner.parent
    restarter = getattr(kernel, "_restarter", None)
    if restarter is not None:
        restarter._restart_count, restarter._restarting = restarter.restart_limit, True
        kernel.cleanup_connection_file()
