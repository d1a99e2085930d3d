"""Folders deleted without ever going through a mount: behind one could be somebody's data, or the machine's own /proc."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .processes import run
from .progress import RigError

_MOUNTS = Path("/proc/self/mounts")
_ROUNDS = 5


def mounts_below(folder: Path, mounts: str) -> list[str]:
    """Mount points in `folder`, the innermost first, by the text of /proc/self/mounts (which writes a space as \\040)."""
    points = (re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), line.split()[1]) for line in mounts.splitlines())
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def unmount_below(folder: Path) -> int:
    """Unmount everything in `folder`, also what no longer answers; how many mounts there were. `delete` tells of any left."""
    count = 0
    for _ in range(_ROUNDS):  # one mount may hide another
        points = _mounts_in(folder)
        for point in points:
            run("umount", "--lazy", "--no-canonicalize", point, check=False)  # its owner may be undoing it just now
        count += len(points) - len(set(points) & set(_mounts_in(folder)))
    return count


def delete(folder: Path, keep: str | None = None) -> None:
    """Delete a folder where there is one, but for the entry `keep`. Raises RigError when it holds a mount."""
    if points := _mounts_in(folder):
        raise RigError(f"{folder} still holds the mounts {', '.join(points)}.", "`umount` them and try again.")
    if not folder.exists():
        return
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink() and entry.name != keep:
            shutil.rmtree(entry)
        elif entry.name != keep:
            entry.unlink()
    if keep is None:
        folder.rmdir()


def _mounts_in(folder: Path) -> list[str]:
    return mounts_below(folder, _MOUNTS.read_text()) if _MOUNTS.exists() else []
