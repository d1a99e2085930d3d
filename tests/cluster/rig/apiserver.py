"""The API server: Node and RBAC authorization, no anonymous access, and an audit log that tests count requests in."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from . import etcd
from .processes import kill, start, wait_for
from .progress import say

if TYPE_CHECKING:
    from .api import Api
    from .layout import Addresses, Rig

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # Each request once, when it is answered (a watch also when it starts). Metadata: user, verb, object, URI; no bodies.
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}

# The API server's own client certificate must be allowed to use the kubelet: else logs, exec and port-forward are 403.
KUBELET_ACCESS = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "apiserver-kubelet"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:kubelet-api-admin"},
    "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "kube-apiserver-kubelet-client"}],
}


def up(rig: Rig, addresses: Addresses, api: Api) -> None:
    """Start the API server and wait until it is ready."""
    policy = rig.state / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT_POLICY))
    pki = rig.pki
    start(
        rig, "kube-apiserver", rig.program("kube-apiserver"),
        f"--etcd-servers={etcd.URL}", f"--etcd-cafile={pki / 'ca.crt'}",
        f"--etcd-certfile={pki / 'apiserver-etcd.crt'}", f"--etcd-keyfile={pki / 'apiserver-etcd.key'}",
        f"--advertise-address={addresses.node}", "--bind-address=0.0.0.0", "--secure-port=6443",
        f"--tls-cert-file={pki / 'apiserver.crt'}", f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}", "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
        f"--service-cluster-ip-range={addresses.services}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'tokens.pub'}", f"--service-account-signing-key-file={pki / 'tokens.key'}",
        "--service-account-extend-token-expiration=false",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}", "--kubelet-preferred-address-types=InternalIP",
        f"--audit-policy-file={policy}", f"--audit-log-path={rig.audit_log}",
    )  # fmt: skip
    wait_for(rig, "API server: ready", api.ready, 90, "kube-apiserver")
    api.apply(KUBELET_ACCESS)


def outage(rig: Rig, api: Api, seconds: float) -> None:
    """Kill the API server, start it again after so many seconds, wait until it is ready. etcd keeps what it knew.

    Scheduler and controllers would wait for up to a minute more before they look again: they are started anew as well.
    """
    command = kill(rig, "kube-apiserver")
    say(f"API server: away for {seconds:g} s")
    try:
        time.sleep(seconds)
    finally:
        start(rig, "kube-apiserver", *command)
    wait_for(rig, "API server: ready again", api.ready, 90, "kube-apiserver")
    for component in ("kube-scheduler", "kube-controller-manager"):
        start(rig, component, *kill(rig, component))
