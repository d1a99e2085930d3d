"""What the machine must be before anything is made: said at once, with the way out."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import run
from .progress import RigError

if TYPE_CHECKING:
    from .layout import Rig


def require_root() -> None:
    """Raises RigError where no cluster can be: it takes Linux and root."""
    if platform.system() != "Linux":
        raise RigError(f"The cluster needs Linux; this is {platform.system()}.", "run it in a Linux virtual machine.")
    if os.geteuid() != 0:
        raise RigError("The cluster needs root (network namespaces, mounts, cgroups).", "run the same command with `sudo -E`.")


def require(rig: Rig) -> None:
    """Raises RigError where a cluster couldn't start, as far as that can be told beforehand."""
    require_root()
    if not Path("/dev/fuse").exists():
        raise RigError("The CephFS mount needs /dev/fuse.", "`modprobe fuse`, or give the container that device.")
    rig.cache.mkdir(parents=True, exist_ok=True)
    if run("stat", "-f", "-c", "%T", rig.cache).strip() == "overlayfs":
        raise RigError(
            f"{rig.cache} is on an overlay file system, which can't hold containers' layers.",
            "set XDG_CACHE_HOME to a folder on a disk (in a container: a volume).",
        )
