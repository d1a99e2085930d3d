"""The scheduler, with its defaults."""

from __future__ import annotations

from .certificates import kubeconfig
from .layout import Rig
from .processes import start


def up(rig: Rig) -> None:
    access = kubeconfig(rig, "scheduler")
    start(
        rig, "kube-scheduler", rig.program("kube-scheduler"),
        f"--kubeconfig={access}", f"--authentication-kubeconfig={access}", f"--authorization-kubeconfig={access}",
        "--leader-elect=false", "--bind-address=127.0.0.1",
    )  # fmt: skip
