"""kube-proxy: services by iptables, in the cluster's network namespace only."""

from __future__ import annotations

from .certificates import kubeconfig
from .layout import NODE, Addresses, Rig
from .network import bridge_sees_iptables
from .processes import start


def up(rig: Rig, addresses: Addresses) -> None:
    # Without br_netfilter the answer of a pod to its neighbour on the bridge would bypass the rules that translate the
    # service's address back; masquerading sends it through the node.
    masquerade = [] if bridge_sees_iptables() else ["--masquerade-all"]
    start(
        rig, "kube-proxy", rig.program("kube-proxy"),
        f"--kubeconfig={kubeconfig(rig, 'proxy')}", "--proxy-mode=iptables", f"--cluster-cidr={addresses.pods}",
        f"--hostname-override={NODE}", f"--bind-address={addresses.node}",
        # sysctls of the machine that a container may not write; 0 leaves them as they are
        "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
        *masquerade,
    )  # fmt: skip
