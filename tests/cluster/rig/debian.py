"""What comes from Debian: the tools that the rig runs, and the system that the reference image is built over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import cache, oci
from .processes import run, work
from .progress import RigError, say

# Where a tool is there already, however it came, its package isn't installed: Docker's own containerd will do.
TOOLS = {
    "buildah": "buildah",
    "ceph": "ceph-common",
    "ceph-authtool": "ceph-common",
    "ceph-fuse": "ceph-fuse",
    "ceph-mds": "ceph-mds",
    "ceph-mgr": "ceph-mgr",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "ctr": "containerd",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "iptables": "iptables",
    "monmaptool": "ceph-common",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
    "setpriv": "util-linux",
    "tar": "tar",
    "unshare": "util-linux",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
JAVA = {"bookworm": "openjdk-17-jre-headless", "trixie": "openjdk-21-jre-headless"}
"""The suites that images are built over, each with its own Java."""
# Not part of an image: downloads, package lists, and device nodes, which runc makes.
_LEFT_OUT = ("./dev/*", "./proc/*", "./sys/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*")


def missing(tools: dict[str, str] = TOOLS) -> list[str]:
    """Packages of the tools that aren't there."""
    return sorted({package for tool, package in tools.items() if shutil.which(tool, os.F_OK) is None})


def require_tools(store: Path) -> None:
    """Install what is missing, after saying so. Raises RigError where there is no apt-get."""
    packages = missing()
    if not packages:
        return
    if shutil.which("apt-get") is None:
        tools = ", ".join(sorted(tool for tool, package in TOOLS.items() if package in packages))
        raise RigError(f"These tools are missing, and there is no apt-get: {tools}.", "install them and try again.")
    say(f"apt-get: installing {' '.join(packages)}")
    log = store / "log" / "apt.log"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _ServicesStayOff():
        work("apt-get update", ["apt-get", "update"], log, env)
        install = ["apt-get", "install", "-y", "--no-install-recommends", "--no-remove", *packages]
        work("apt-get install", install, log, env)


class _ServicesStayOff:
    """Packages bring services (containerd, ceph): the cluster starts its own, so the machine's stay off. See policy-rc.d(8)."""

    _policy = Path("/usr/sbin/policy-rc.d")

    def __enter__(self) -> None:
        self._ours = not self._policy.exists()
        if self._ours:
            self._policy.write_text("#!/bin/sh\nexit 101\n")
            self._policy.chmod(0o755)

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._policy.unlink()


def base(store: Path, suite: str = "bookworm") -> tuple[str, Path]:
    """A base image, as its key and the folder with `base.oci`: a Debian with what the files of images/ need from it."""
    packages = ("ca-certificates", JAVA[suite], "procps", "python3", "python3-venv")

    def make(folder: Path) -> None:
        root = folder / "root"
        include = f"--include={','.join(packages)}"
        log = store / "log" / f"base-{suite}.log"
        work(f"debootstrap {suite}", ["debootstrap", "--variant=minbase", include, suite, root], log)
        layer = folder / "layer.tar"
        leave_out = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
        work("tar", ["tar", "--numeric-owner", "--sort=name", *leave_out, "-C", root, "-cf", layer, "."], log)
        environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        oci.write_archive(folder / "base.oci", "localhost/base:1", layer, Env=environment)
        layer.unlink()
        run("rm", "-rf", "--one-file-system", root)

    key = cache.key(suite, *packages, "without", *_LEFT_OUT, oci.architecture())
    name = "base" if suite == "bookworm" else f"base-{suite}"
    return key, cache.obtain(store, name, key, make, "1 to 2 minutes, debootstrap")
