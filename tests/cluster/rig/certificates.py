"""A certificate authority and what it signs, made anew for each start by openssl. Nothing here is valid elsewhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from .layout import NODE, Addresses, Rig
from .processes import run

if TYPE_CHECKING:
    from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650")


def make(rig: Rig, addresses: Addresses) -> None:
    """All certificates of the cluster into `rig.pki`, and a kubeconfig for each client."""
    rig.pki.mkdir(mode=0o700)
    _authority(rig.pki)
    service = "kubernetes.default.svc"
    names = ["localhost", "kubernetes", "kubernetes.default", service, f"{service}.cluster.local"]
    ips = ["127.0.0.1", addresses.node, addresses.api_service, addresses.link_cluster]
    _sign(rig.pki, "etcd", "/CN=etcd", ["localhost"], ["127.0.0.1"])
    _sign(rig.pki, "apiserver-etcd", "/CN=kube-apiserver-etcd-client")
    _sign(rig.pki, "apiserver", "/CN=kube-apiserver", names, ips)
    _sign(rig.pki, "apiserver-kubelet", "/CN=kube-apiserver-kubelet-client")
    _sign(rig.pki, "kubelet", f"/O=system:nodes/CN=system:node:{NODE}", [NODE], ["127.0.0.1", addresses.node])
    _sign(rig.pki, "controllers", "/CN=system:kube-controller-manager")
    _sign(rig.pki, "scheduler", "/CN=system:kube-scheduler")
    _sign(rig.pki, "proxy", "/CN=system:kube-proxy")
    _sign(rig.pki, "admin", "/O=system:masters/CN=admin")
    # Service account tokens are signed by a key of their own.
    run("openssl", "genrsa", "-out", rig.pki / "tokens.key", "2048")
    run("openssl", "rsa", "-in", rig.pki / "tokens.key", "-pubout", "-out", rig.pki / "tokens.pub")
    for client in ("kubelet", "controllers", "scheduler", "proxy", "admin"):
        path = kubeconfig(rig, client)
        path.touch(mode=0o600)
        path.write_text(json.dumps(kubeconfig_of(rig.pki, client, addresses.api_url), indent=1))


def kubeconfig(rig: Rig, client: str) -> Path:
    return rig.state / f"{client}.kubeconfig"


def kubeconfig_of(pki: Path, client: str, url: str) -> dict[str, object]:
    """A kubeconfig (JSON is YAML) that carries the client's certificate and the authority to verify the server by."""

    def data(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    name = "sparkk8s-test"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority-data": data("ca.crt")}}],
        "users": [
            {
                "name": client,
                "user": {
                    "client-certificate-data": data(f"{client}.crt"),
                    "client-key-data": data(f"{client}.key"),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": client}}],
        "current-context": name,
    }


def extensions(names: list[str], ips: list[str]) -> str:
    """A leaf's configuration for openssl. The key identifiers are what Python 3.13's strict verification asks for."""
    alternatives = ",".join([*(f"DNS:{name}" for name in names), *(f"IP:{ip}" for ip in ips)])
    return (
        "[req]\ndistinguished_name=dn\n[dn]\n[leaf]\nbasicConstraints=critical,CA:FALSE\n"
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        + (f"subjectAltName={alternatives}\n" if alternatives else "")
    )


def _authority(pki: Path) -> None:
    (pki / "ca.cnf").write_text(
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n"
        "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
    )
    run(
        "openssl", "req", "-x509", "-config", pki / "ca.cnf", "-extensions", "ca", *_CURVE,
        "-subj", "/CN=sparkk8s-test-ca", "-keyout", pki / "ca.key", "-out", pki / "ca.crt",
    )  # fmt: skip


def _sign(pki: Path, file: str, subject: str, names: list[str] | None = None, ips: list[str] | None = None) -> None:
    (pki / f"{file}.cnf").write_text(extensions(names or [], ips or []))
    run(
        "openssl", "req", "-x509", "-config", pki / f"{file}.cnf", "-extensions", "leaf", *_CURVE,
        "-CA", pki / "ca.crt", "-CAkey", pki / "ca.key",
        "-subj", subject, "-keyout", pki / f"{file}.key", "-out", pki / f"{file}.crt",
    )  # fmt: skip
