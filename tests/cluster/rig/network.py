"""The cluster's own network namespace: its bridge, its iptables chains and its ip_forward exist in there alone.

So the machine's firewall, ports and sysctls stay as they are, two clusters don't meet, and the end of the namespace is the
end of it all. On the machine there is one link and two routes. Pods reach the machine, not the world: no image is pulled.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

from .layout import Addresses, Network, Rig, free_block
from .processes import in_cluster, run
from .progress import say

BRIDGE = "cni0"


def up(rig: Rig) -> Addresses:
    """Make the namespace, the link and the bridge, on a block of addresses that the machine doesn't use."""
    addresses = Addresses(free_block(taken(json.loads(run("ip", "-j", "-4", "route", "show", "table", "all")))))
    rig.netns.touch()
    run("unshare", f"--net={rig.netns}", "true")
    inside = in_cluster(rig, "ip", "-batch", "-")
    run("ip", "link", "add", rig.link, "type", "veth", "peer", "name", "machine", "netns", rig.netns)
    run(
        *inside,
        stdin=f"""link set lo up
addr add {addresses.link_cluster}/30 dev machine
link set machine up
route add default via {addresses.link_machine}
link add {BRIDGE} type bridge
addr add {addresses.node}/17 dev {BRIDGE}
link set {BRIDGE} up
""",
    )
    run(
        "ip", "-batch", "-",
        stdin=f"""addr add {addresses.link_machine}/30 dev {rig.link}
link set {rig.link} up
route add {addresses.pods} via {addresses.link_cluster}
route add {addresses.services} via {addresses.link_cluster}
""",
    )  # fmt: skip
    # Forward between pods and services; and let what crosses the bridge see kube-proxy's rules, as on any node.
    run(*in_cluster(rig, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"))
    if bridge_sees_iptables():
        run(*in_cluster(rig, "sh", "-c", "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables"))
    (rig.state / "cni").mkdir()
    (rig.state / "cni" / "10-bridge.conflist").write_text(json.dumps(cni_config(rig, addresses), indent=1))
    say(f"network: pods {addresses.pods}, services {addresses.services}, behind {rig.link}")
    return addresses


def bridge_sees_iptables() -> bool:
    """Whether br_netfilter is there. It isn't loaded for the cluster's sake: that would change the machine's own bridges."""
    return Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists()


def taken(routes: list[dict[str, Any]]) -> list[Network]:
    """The networks that `ip -j route` lists, without the default route."""
    return [ipaddress.IPv4Network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]


def cni_config(rig: Rig, addresses: Addresses) -> dict[str, Any]:
    """Pods' interfaces: Debian's `bridge` plugin, addresses handed out by `host-local` with its files in the state folder."""
    ipam = {
        "type": "host-local",
        "dataDir": str(rig.state / "cni-addresses"),
        "ranges": [[{"subnet": addresses.pods, "gateway": addresses.node}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": rig.identity, "plugins": [bridge, portmap]}


def down(rig: Rig) -> list[str]:
    """Remove the link with its routes; the namespace goes with its mount and its last process."""
    if not Path("/sys/class/net", rig.link).exists():
        return []
    run("ip", "link", "del", rig.link, check=False)  # may vanish by itself meanwhile
    return [f"link {rig.link}"]
