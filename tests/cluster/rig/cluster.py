"""The whole cluster: the order in which it comes up, whether it is well, and its description for tests."""

from __future__ import annotations

import fcntl
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import (
    apiserver,
    ceph,
    certificates,
    cgroups,
    containerd,
    controllers,
    debian,
    dns,
    etcd,
    golang,
    images,
    kubelet,
    machine,
    network,
    proxy,
    scheduler,
    teardown,
)  # fmt: skip
from .api import Api
from .layout import NODE, Rig, from_environment
from .processes import dead
from .progress import RigError, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def up(rig: Rig) -> dict[str, Any]:
    """Bring the cluster up, or find it up; its description. What a killed run left is removed first."""
    machine.require(rig)
    debian.require_tools(rig.cache)
    with exclusive(rig):
        kube, made = golang.kube(rig.cache), images.make(rig.cache)
        inputs = [kube.name, made.store.parent.name]
        if (found := describe(rig)) and found["inputs"] == inputs and healthy(rig, found):
            return found
        for removed in teardown.down(rig):
            say(f"left of an earlier run, removed: {removed}")
        try:
            return _start(rig, kube, made, inputs)
        except BaseException:
            teardown.down(rig, keep_logs=True)
            raise


def down(rig: Rig) -> list[str]:
    machine.require_root()
    with exclusive(rig):
        return teardown.down(rig)


def _start(rig: Rig, kube: Path, made: images.Images, inputs: list[str]) -> dict[str, Any]:
    rig.state.mkdir(mode=0o755)
    for folder in ("bin", "log"):
        (rig.state / folder).mkdir()
    for component in golang.COMPONENTS:
        (rig.state / "bin" / component).symlink_to(kube / "kube")
    addresses = network.up(rig)
    api = Api(rig, addresses.api_url)
    with ThreadPoolExecutor(1) as lane:
        storage = lane.submit(ceph.up, rig)  # most of it is waiting, as is most of the rest
        cgroups.up(rig)
        certificates.make(rig, addresses)
        etcd.up(rig)
        containerd.up(rig, made.store, made.pause)
        apiserver.up(rig, addresses, api)
        controllers.up(rig, addresses)
        scheduler.up(rig)
        kubelet.up(rig, addresses)
        proxy.up(rig, addresses)
        dns.up(api, made.coredns, addresses)
        kubelet.wait(rig, api)
        dns.wait(rig, api)
        storage.result()
    description = {
        "name": rig.name,
        "inputs": inputs,
        "kubeconfig": str(rig.kubeconfig),
        "api": addresses.api_url,
        "node": NODE,
        "image": made.reference,
        "images": {**made.plain, "reference": made.reference, "coredns": made.coredns, "pause": made.pause},
        "pod_cidr": addresses.pods,
        "service_cidr": addresses.services,
        "dns": addresses.dns,
        "machine_address": addresses.link_machine,
        "cephfs": str(rig.cephfs),
        "audit_log": str(rig.audit_log),
        "logs": str(rig.state / "log"),
        "kubectl": rig.program("kubectl"),
        "network_namespace": str(rig.netns),
        "containerd_socket": str(rig.containerd_socket),
    }
    draft = rig.description.with_suffix(".draft")
    draft.write_text(json.dumps(description, indent=1) + "\n")
    draft.rename(rig.description)  # the last thing of all: who reads it has a cluster
    return description


def describe(rig: Rig) -> dict[str, Any] | None:
    """The description of a cluster that came up once; it may be dead by now."""
    try:
        found: dict[str, Any] = json.loads(rig.description.read_text())
    except FileNotFoundError:
        return None
    return found


def healthy(rig: Rig, found: dict[str, Any]) -> bool:
    """Whether everything runs and answers. Says what doesn't."""
    if gone := dead(rig):
        say(f"these have ended: {', '.join(gone)}")
        return False
    api = Api(rig, found["api"])
    if not api.ready():
        say("the API server doesn't answer")
    elif not kubelet.node_ready(api):
        say("the node isn't ready")
    elif not dns.ready(api):
        say("CoreDNS isn't ready")
    elif not ceph.usable(rig):
        say("the CephFS mount doesn't answer")
    else:
        return True
    return False


def running(rig: Rig) -> tuple[dict[str, Any], Api]:
    """The cluster that is up, with a client. Raises RigError when there is none."""
    found = describe(rig)
    if found is None or dead(rig):
        raise RigError("The cluster isn't up.", "start it: `python3 -m tests.cluster.rig up`.")
    return found, Api(rig, found["api"])


def of_kubeconfig(kubeconfig: Path) -> tuple[Rig, Api] | None:
    """The cluster that a kubeconfig is of, with a client as admin; None when it is no cluster of the rig."""
    description = kubeconfig.with_name("cluster.json")
    if not description.exists():
        return None
    rig = Rig(json.loads(description.read_text())["name"], from_environment().cache)
    return rig, running(rig)[1]


@contextmanager
def exclusive(rig: Rig) -> Iterator[None]:
    """One command at a time changes a cluster; a second one waits."""
    rig.live.parent.mkdir(parents=True, exist_ok=True)
    with rig.live.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that works on this cluster")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
