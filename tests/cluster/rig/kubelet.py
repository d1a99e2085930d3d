"""The kubelet: the one node, with all of the machine's CPU and memory, on cgroup v1 or v2, below a cgroup of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .certificates import kubeconfig
from .layout import NODE, Addresses, Rig
from .processes import start, wait_for

if TYPE_CHECKING:
    from .api import Api


def config(rig: Rig, addresses: Addresses) -> dict[str, Any]:
    """The KubeletConfiguration (kubelet.config.k8s.io/v1beta1)."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{rig.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{rig.identity}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(rig.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(rig.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(rig.pki / "kubelet.key"),
        "address": addresses.node,
        "healthzPort": 0,
        "clusterDNS": [addresses.dns],
        "clusterDomain": "cluster.local",
        "resolvConf": str(rig.state / "resolv.conf"),
        "podLogsDir": str(rig.state / "pods-log"),
        "volumePluginDir": str(rig.state / "volume-plugins"),
        "maxPods": 250,
        # A developer's disk is often fuller than a node's may be: evict late, and never collect images, which no
        # registry could bring back.
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }


def up(rig: Rig, addresses: Addresses) -> None:
    """Start the kubelet; it registers the node."""
    (rig.state / "resolv.conf").write_text("nameserver 127.0.0.53\n")  # the cluster has no name server but its own
    path = rig.state / "kubelet.json"
    path.write_text(json.dumps(config(rig, addresses), indent=1))
    start(
        rig, "kubelet", rig.program("kubelet"), f"--config={path}", f"--kubeconfig={kubeconfig(rig, 'kubelet')}",
        f"--root-dir={rig.state / 'kubelet'}", f"--cert-dir={rig.state / 'kubelet' / 'pki'}",
        f"--hostname-override={NODE}", f"--node-ip={addresses.node}",
    )  # fmt: skip


def node_ready(api: Api) -> bool:
    node = api.get(f"/api/v1/nodes/{NODE}") or {}
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def wait(rig: Rig, api: Api) -> None:
    wait_for(rig, f"node {NODE}: Ready", lambda: node_ready(api), 90, "kubelet")
