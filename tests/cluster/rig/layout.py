"""Where everything of one cluster lies: folders, names of kernel objects, addresses. Pure, nothing is made here.

A cluster has a name, so that two of them (one to work with, one to break) run side by side.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .progress import RigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NODE = "sparkk8s-node"
MARK = "SPARKK8S_RIG"
"""Environment variable in every process of a cluster, with its state folder: how a killed run's processes are found."""

Network = ipaddress.IPv4Network


@dataclass(frozen=True)
class Rig:
    """One cluster by its `name`. `cache` outlives it, `state` and `live` don't."""

    name: str
    cache: Path

    @property
    def state(self) -> Path:
        """Configuration, logs, sockets, etcd's data. Short: a Unix socket's path ends at 107 bytes."""
        return Path("/var/tmp") / f"sparkk8s-{self.name}"

    @property
    def live(self) -> Path:
        """Root of containerd. It lies in the cache's file system because its files are hard links to the cache's."""
        return self.cache / "live" / self.name

    @property
    def identity(self) -> str:
        """Name of the cluster's cgroup and CNI network."""
        return f"sparkk8s-{self.name}"

    @property
    def link(self) -> str:
        """The machine's network interface towards the cluster (at most 15 characters)."""
        return "sk8-" + hashlib.sha256(self.name.encode()).hexdigest()[:8]

    @property
    def netns(self) -> Path:
        return self.state / "netns"

    @property
    def containerd_socket(self) -> Path:
        return self.state / "containerd.sock"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "admin.kubeconfig"

    @property
    def description(self) -> Path:
        """`cluster.json`, beside the kubeconfig: what tests want to know."""
        return self.kubeconfig.with_name("cluster.json")

    @property
    def audit_log(self) -> Path:
        return self.state / "log" / "audit.log"

    @property
    def cephfs(self) -> Path:
        return self.state / "cephfs"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    def log(self, component: str) -> Path:
        return self.state / "log" / f"{component}.log"

    def program(self, name: str) -> str:
        """A Kubernetes component: a link to the one binary, which looks at the name it is called by."""
        return str(self.state / "bin" / name)


@dataclass(frozen=True)
class Addresses:
    """The cluster's addresses: one /16 holds pods (lower half), services and the link to the machine."""

    block: Network

    def _at(self, offset: int) -> str:
        return str(self.block.network_address + offset)

    @property
    def pods(self) -> str:
        return f"{self._at(0)}/17"

    @property
    def services(self) -> str:
        return f"{self._at(0x8000)}/20"

    @property
    def node(self) -> str:
        """The bridge's address, where API server and kubelet listen."""
        return self._at(1)

    @property
    def api_service(self) -> str:
        return self._at(0x8001)

    @property
    def dns(self) -> str:
        return self._at(0x800A)

    @property
    def link_machine(self) -> str:
        return self._at(0xFFFD)

    @property
    def link_cluster(self) -> str:
        return self._at(0xFFFE)

    @property
    def api_url(self) -> str:
        return f"https://{self.node}:6443"


def free_block(taken: Iterable[Network]) -> Network:
    """The first 10.x.0.0/16 that overlaps no network of `taken` (the machine's own routes and addresses).

    Raises RigError when there is none.
    """
    used = [network for network in taken if network.prefixlen > 0]
    for octet in (*range(88, 256), *range(88)):
        block = Network((f"10.{octet}.0.0", 16))
        if not any(block.overlaps(network) for network in used):
            return block
    raise RigError("No 10.x.0.0/16 network is free on this machine.", "look at `ip route` and remove what isn't needed.")


def from_environment(environ: Mapping[str, str] = os.environ) -> Rig:
    """The cluster that SPARKK8S_CLUSTER_NAME (default `default`) and XDG_CACHE_HOME name. Raises RigError on a bad name."""
    name = environ.get("SPARKK8S_CLUSTER_NAME") or "default"
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?", name):
        raise RigError(
            f"SPARKK8S_CLUSTER_NAME={name!r} can't name a cluster.",
            "take at most 16 of a-z, 0-9 and inner hyphens.",
        )
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Rig(name, cache.absolute() / "jupyter-sparkk8s-cluster")
