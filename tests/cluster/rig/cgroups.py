"""A cgroup of the cluster's own in each hierarchy, v1 and v2: everything in it is the cluster's, and goes with it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .layout import Rig


def up(rig: Rig) -> None:
    """Make the cgroup; the kubelet wants its root to be there."""
    for folder in _folders(rig, hierarchies(Path("/proc/self/mounts").read_text())):
        _pass_on_controllers(folder.parent)
        folder.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # v1: empty in a new cpuset, and then no process may enter
            inherited = folder.parent / setting
            if inherited.exists() and (folder / setting).exists() and not (folder / setting).read_text().strip():
                (folder / setting).write_text(inherited.read_text())


def _pass_on_controllers(root: Path) -> None:
    """In v2 a cgroup has the controllers that the one above passes on; systemd passes on what it uses itself."""
    if not (root / "cgroup.controllers").exists():
        return
    there, passed = ((root / f"cgroup.{file}").read_text().split() for file in ("controllers", "subtree_control"))
    if lacking := [f"+{name}" for name in ("cpu", "cpuset", "io", "memory", "pids") if name in there and name not in passed]:
        (root / "cgroup.subtree_control").write_text(" ".join(lacking))


def down(rig: Rig) -> list[str]:
    """Remove the cgroup with all below it. Its processes have ended; the kernel may need a moment to notice."""
    removed = 0
    for folder in _folders(rig, hierarchies(Path("/proc/self/mounts").read_text())):
        if not folder.exists():
            continue
        for below in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
            _remove(below)
        _remove(folder)
        removed += 1
    return [f"{removed} cgroups {rig.identity}"] if removed else []


def hierarchies(mounts: str) -> list[Path]:
    """Where cgroups are mounted, by the text of /proc/self/mounts. Named v1 hierarchies count too, as runc joins them."""
    fields = (line.split() for line in mounts.splitlines())
    return [Path(field[1]) for field in fields if field[2] in ("cgroup", "cgroup2")]


def _folders(rig: Rig, roots: list[Path]) -> Iterator[Path]:
    return (root / rig.identity for root in roots)


def _remove(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
