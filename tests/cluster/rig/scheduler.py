"""The scheduler, with its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .certificates import kubeconfig
from .processes import start

if TYPE_CHECKING:
    from .layout import Rig


def up(rig: Rig) -> None:
    access = kubeconfig(rig, "scheduler")
    start(
        rig, "kube-scheduler", rig.program("kube-scheduler"),
        f"--kubeconfig={access}", f"--authentication-kubeconfig={access}", f"--authorization-kubeconfig={access}",
        "--leader-elect=false", "--bind-address=127.0.0.1",
    )  # fmt: skip
