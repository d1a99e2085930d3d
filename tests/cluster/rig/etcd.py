"""etcd: the API server's store. At least 3.5: with 3.4 every watch of Spark's client fails (RequestWatchProgress)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .processes import start

if TYPE_CHECKING:
    from .layout import Rig

URL = "https://127.0.0.1:2379"


def up(rig: Rig) -> None:
    """Start etcd on the cluster's own loopback. Without fsync: its data end with the cluster."""
    start(
        rig, "etcd", rig.program("etcd"),
        f"--data-dir={rig.state / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
        f"--listen-client-urls={URL}", f"--advertise-client-urls={URL}", "--listen-peer-urls=http://127.0.0.1:2380",
        f"--cert-file={rig.pki / 'etcd.crt'}", f"--key-file={rig.pki / 'etcd.key'}",
        f"--trusted-ca-file={rig.pki / 'ca.crt'}", "--client-cert-auth",
    )  # fmt: skip
