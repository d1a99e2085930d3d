"""Debian's containerd with runc, all of its folders and sockets the cluster's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import run, start, wait_for
from .progress import say

if TYPE_CHECKING:
    from .layout import Rig

NAMESPACE = "k8s.io"
SNAPSHOTTER = "overlayfs"


def config(root: Path, state: Path, socket: Path, pause_image: str, cni: Path) -> str:
    """Its configuration (version 2, which 1.6 to 2.x read)."""
    cri = '[plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{state / "opt"}"
{cri}]
  sandbox_image = "{pause_image}"
  # Without the right to lower oom_score_adj runc fails: "can't get final child's PID from pipe".
  restrict_oom_score_adj = true
  # So that a killed run's network namespaces are found among the state folder's mounts.
  netns_mounts_under_state_dir = true
{cri}.containerd]
  snapshotter = "{SNAPSHOTTER}"
{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
{cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = "{state / "runc"}"
{cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{cni}"
"""


def up(rig: Rig, store: Path, pause_image: str) -> None:
    """Start containerd on a copy of the image store and wait until it answers."""
    clone_store(store, rig.live)
    say("containerd: images in place")
    path = rig.state / "containerd.toml"
    path.write_text(config(rig.live, rig.state / "containerd", rig.containerd_socket, pause_image, rig.state / "cni"))
    start(rig, "containerd", "containerd", "--config", path)
    wait_for(rig, "containerd: answers", lambda: answers(rig.containerd_socket), 30, "containerd")


def answers(socket: Path) -> bool:
    return socket.exists() and "Server:" in run("ctr", "-a", socket, "version", check=False)


def clone_store(store: Path, live: Path) -> None:
    """Copy containerd's root as hard links. Images' files are never written in place, only the two databases are."""
    live.parent.mkdir(parents=True, exist_ok=True)
    run("cp", "-al", store, live)
    for database in live.rglob("*.db"):
        if database.parent.name.startswith("io.containerd."):
            own = database.with_suffix(".own")
            shutil.copy2(database, own)
            own.replace(database)


def sockets_of_shims(state: Path) -> list[Path]:
    """Sockets of the containers' shims: they lie in a folder that all containerds share, and outlive a killed shim."""
    addresses = (state / "containerd").glob("io.containerd.runtime.v2.task/*/*/address")
    return [Path(address.read_text().removeprefix("unix://")) for address in addresses]
