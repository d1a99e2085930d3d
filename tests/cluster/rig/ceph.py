"""A real CephFS: one mon, mgr, OSD in memory and MDS on the cluster's own loopback, mounted on the node by ceph-fuse.

Its data end with the cluster. cephx authentication is on, as in any Ceph.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from typing import TYPE_CHECKING

from .processes import in_cluster, run, start, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Rig

_MON = "[v2:127.0.0.1:3300,v1:127.0.0.1:6789]"
_STORE_BYTES = 8 << 30
"""Room of the OSD. Memory is used as files are written, not before."""

_ANY = {"mon": "allow *", "osd": "allow *", "mds": "allow *", "mgr": "allow *"}
_CAPABILITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": _ANY,
    "mgr.a": {"mon": "allow profile mgr", "osd": "allow *", "mds": "allow *"},
    "osd.0": {"mon": "allow profile osd", "mgr": "allow profile osd", "osd": "allow *"},
    "mds.a": {"mon": "allow profile mds", "osd": "allow *", "mds": "allow *", "mgr": "allow profile mds"},
}


def config(folder: Path, fsid: str) -> str:
    """ceph.conf: one copy of everything, on one machine."""
    return f"""[global]
fsid = {fsid}
mon host = {_MON}
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = {_STORE_BYTES}
ms bind ipv6 = false
public addr = 127.0.0.1
keyring = {folder}/keyring
run dir = {folder}/run
log file = {folder}/log/$name.log
admin socket = {folder}/run/$name.asok
mon data = {folder}/mon
mgr data = {folder}/mgr
osd data = {folder}/osd
mds data = {folder}/mds
crash dir = {folder}/crash
[mon]
mon data avail crit = 1
mon data avail warn = 1
mon cluster log file = {folder}/log/cluster.$channel.log
"""


def up(rig: Rig) -> None:
    """Start the daemons and mount the file system at `rig.cephfs`."""
    folder, fsid, osd = rig.state / "ceph", str(uuid.uuid4()), str(uuid.uuid4())
    for name in ("mon", "mgr", "osd", "mds", "run", "log", "crash"):
        (folder / name).mkdir(parents=True)
    conf, keyring = folder / "ceph.conf", folder / "keyring"
    conf.write_text(config(folder, fsid))
    for entity, capabilities in _CAPABILITIES.items():
        words = [word for service, allowed in capabilities.items() for word in ("--cap", service, allowed)]
        create = [] if keyring.exists() else ["-C"]
        run("ceph-authtool", *create, keyring, "--gen-key", "-n", entity, *words)
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", _MON, folder / "monmap")
    common = ("-c", conf, "-f", "-i")
    run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", folder / "monmap", "--keyring", keyring)
    start(rig, "ceph-mon", "ceph-mon", *common, "a")
    ceph(rig, "auth", "import", "-i", keyring)
    start(rig, "ceph-mgr", "ceph-mgr", *common, "a")
    ceph(rig, "osd", "new", osd, "0")
    run(*in_cluster(rig, "ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd))
    start(rig, "ceph-osd", "ceph-osd", *common, "0")
    ceph(rig, "osd", "crush", "add", "osd.0", "1.0", "host=node", "root=default")
    for pool in ("metadata", "data"):
        ceph(rig, "osd", "pool", "create", f"cephfs.{pool}", "8")
    ceph(rig, "fs", "new", "cephfs", "cephfs.metadata", "cephfs.data")
    start(rig, "ceph-mds", "ceph-mds", *common, "a")
    # Mounting any earlier ends with "error 65536".
    wait_for(rig, "CephFS: metadata server active", lambda: "up:active" in ceph(rig, "mds", "stat"), 120, "ceph-mds")
    rig.cephfs.mkdir()
    start(rig, "ceph-fuse", "ceph-fuse", "-c", conf, "-n", "client.admin", "-f", rig.cephfs)
    wait_for(rig, f"CephFS: mounted at {rig.cephfs}", lambda: os.path.ismount(rig.cephfs), 30, "ceph-fuse")


def ceph(rig: Rig, *words: str | Path) -> str:
    """An administrator's command, such as `ceph -s`."""
    return run(*in_cluster(rig, "ceph", "-c", rig.state / "ceph" / "ceph.conf", "--connect-timeout", "30", *words))


def usable(rig: Rig) -> bool:
    """Whether the mount answers. In a process of its own: a lost mount blocks for ever who asks it."""
    try:
        asked = subprocess.run(["stat", "-f", "-c", "%T", str(rig.cephfs)], capture_output=True, text=True, timeout=1.5)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0 and "fuse" in asked.stdout
