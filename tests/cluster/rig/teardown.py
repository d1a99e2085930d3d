"""The end of a cluster, whether it runs, was killed or the machine was restarted: one path for all three.

It removes what carries the cluster's mark, name or folder and nothing else, and says what it removed.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from . import cgroups, containerd, network
from .folders import delete, unmount_below
from .processes import end_all

if TYPE_CHECKING:
    from .layout import Rig

_KUBELET_LINKS = Path("/var/log/containers")
_CNI_RESULTS = Path("/var/lib/cni/results")
_DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins/kubelet.sock")


def down(rig: Rig, keep_logs: bool = False) -> list[str]:
    """End and remove the cluster; what was removed, one text each. `keep_logs` leaves the folder with the logs."""
    removed = []
    shims = containerd.sockets_of_shims(rig.state)
    if count := end_all(rig):
        removed.append(f"{count} processes")
    removed += network.down(rig)
    if count := unmount_below(rig.state) + unmount_below(rig.live):
        removed.append(f"{count} mounts")
    removed += cgroups.down(rig)
    removed += _strays(rig, shims)
    for folder in (rig.live, rig.state):
        if folder.exists():
            delete(folder, "log" if keep_logs and folder == rig.state else None)
            removed.append(f"folder {folder}")
    return removed


def _strays(rig: Rig, shims: list[Path]) -> list[str]:
    """Files that Kubernetes, CNI and containerd keep at places which nobody can choose."""
    files = [*shims]
    for result in _CNI_RESULTS.glob(f"{rig.identity}-*-eth0"):
        sandbox = result.name.removeprefix(f"{rig.identity}-").removesuffix("-eth0")
        files += [result, _CNI_RESULTS / f"cni-loopback-{sandbox}-lo"]
    if _KUBELET_LINKS.is_dir():
        files += [link for link in _KUBELET_LINKS.iterdir() if _points_into(link, rig.state)]
    if _abandoned(_DEVICE_PLUGINS):
        files.append(_DEVICE_PLUGINS)
    found = sorted({file for file in files if os.path.lexists(file)})
    for file in found:
        file.unlink(missing_ok=True)  # a process that ended may have removed its own
    return [f"{len(found)} files elsewhere"] if found else []


def _points_into(link: Path, folder: Path) -> bool:
    return link.is_symlink() and link.readlink().is_relative_to(folder)


def _abandoned(path: Path) -> bool:
    """Whether a Unix socket has no process behind it any more."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == errno.ECONNREFUSED
