"""Labels and selectors of what a kernel makes; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.driver import DriverSpec, RoleName

PREFIX = "jupyter-sparkk8s"
KERNEL_ID, USER, SERVER, ROLE = (f"{PREFIX}/{name}" for name in ("kernel-id", "user", "server", "role"))
# The user's name as it is: a label's value can't hold every name.
USERNAME_ANNOTATION = f"{PREFIX}/username"


def all_labels(spec: DriverSpec, role: RoleName) -> dict[str, str]:
    """All labels of an object of ``role``: the administrator's, and ours over them."""
    return {
        **spec.labels,
        "app.kubernetes.io/managed-by": PREFIX,
        KERNEL_ID: spec.kernel_id,
        USER: spec.user_label,
        SERVER: spec.server_id,
        ROLE: role,
    }


def all_annotations(spec: DriverSpec) -> dict[str, str]:
    """All annotations of an object."""
    return {**spec.annotations, USERNAME_ANNOTATION: spec.username}


def drivers_of(server_id: str) -> str:
    """The selector of one server's driver pods."""
    return f"{SERVER}={server_id},{ROLE}=driver"


def all_executors_of(server_id: str) -> str:
    """The selector of the executor pods of one server's drivers."""
    return f"{SERVER}={server_id},{ROLE}=executor"


def executors_of(kernel_id: str) -> str:
    """The selector of one kernel's executor pods, of all its launches."""
    return f"{KERNEL_ID}={kernel_id},{ROLE}=executor"
