"""The controller manager: garbage collection by owner, service accounts, claims bound to volumes, deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .certificates import kubeconfig
from .processes import start

if TYPE_CHECKING:
    from .layout import Addresses, Rig


def up(rig: Rig, addresses: Addresses) -> None:
    access = kubeconfig(rig, "controllers")
    start(
        rig, "kube-controller-manager", rig.program("kube-controller-manager"),
        f"--kubeconfig={access}", f"--authentication-kubeconfig={access}", f"--authorization-kubeconfig={access}",
        "--use-service-account-credentials", f"--service-account-private-key-file={rig.pki / 'tokens.key'}",
        f"--root-ca-file={rig.pki / 'ca.crt'}", f"--cluster-cidr={addresses.pods}",
        f"--flex-volume-plugin-dir={rig.state / 'volume-plugins'}", "--leader-elect=false", "--bind-address=127.0.0.1",
    )  # fmt: skip
