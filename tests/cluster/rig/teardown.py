"""The end of a cluster, whether it runs, was killed or the machine was restarted: one path for all three.

It removes what carries the cluster's mark, name or folder and nothing else, and says what it removed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from . import cgroups, containerd, network
from .layout import Rig
from .processes import end_all, run
from .progress import RigError

_KUBELET_LINKS = Path("/var/log/containers")
_CNI_RESULTS = Path("/var/lib/cni/results")


def down(rig: Rig, keep_logs: bool = False) -> list[str]:
    """End and remove the cluster; what was removed, one text each. `keep_logs` leaves the folder with the logs."""
    removed = []
    shims = containerd.sockets_of_shims(rig.state)
    if count := end_all(rig):
        removed.append(f"{count} processes")
    removed += network.down(rig)
    removed += _unmount(rig)
    removed += cgroups.down(rig)
    removed += _strays(rig, shims)
    for folder in (rig.live, rig.state):
        if folder.exists():
            _delete(folder, "log" if keep_logs and folder == rig.state else None)
            removed.append(f"folder {folder}")
    return removed


def mounts_below(folder: Path, mounts: str) -> list[str]:
    """Mount points in `folder`, the innermost first, by the text of /proc/self/mounts (which writes a space as \\040)."""
    points = (re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), line.split()[1]) for line in mounts.splitlines())
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def _mounts(rig: Rig) -> list[str]:
    mounts = Path("/proc/self/mounts").read_text()
    return mounts_below(rig.state, mounts) + mounts_below(rig.live, mounts)


def _unmount(rig: Rig) -> list[str]:
    count = 0
    while points := _mounts(rig):
        for point in points:
            run("umount", "--lazy", "--no-canonicalize", point)
            count += 1
    return [f"{count} mounts"] if count else []


def _strays(rig: Rig, shims: list[Path]) -> list[str]:
    """Files that Kubernetes, CNI and containerd keep at places which nobody can choose."""
    files = [*shims, *_CNI_RESULTS.glob(f"{rig.identity}-*")]
    if _KUBELET_LINKS.is_dir():
        files += [link for link in _KUBELET_LINKS.iterdir() if _points_into(link, rig.state)]
    found = [file for file in files if os.path.lexists(file)]
    for file in found:
        file.unlink()
    return [f"{len(found)} files elsewhere"] if found else []


def _points_into(link: Path, folder: Path) -> bool:
    return link.is_symlink() and os.readlink(link).startswith(f"{folder}/")


def _delete(folder: Path, keep: str | None) -> None:
    """Delete a folder, but never through a mount: behind one could be somebody's data."""
    if points := mounts_below(folder, Path("/proc/self/mounts").read_text()):
        raise RigError(f"{folder} still holds the mounts {', '.join(points)}.", "`umount` them and try again.")
    if keep is None:
        run("rm", "-rf", "--one-file-system", folder)
        return
    for entry in folder.iterdir():
        if entry.name != keep:
            run("rm", "-rf", "--one-file-system", entry)
