"""The test cluster's names and addresses."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from tests.cluster.rig import certificates, cgroups, folders, network
from tests.cluster.rig.layout import Addresses, Rig, free_block, from_environment
from tests.cluster.rig.progress import RigError

NETWORK = ipaddress.IPv4Network


def test_a_block_of_addresses_avoids_everything_that_the_machine_routes() -> None:
    assert free_block([]) == NETWORK("10.88.0.0/16")
    assert free_block([NETWORK("10.88.3.0/24"), NETWORK("10.88.0.0/13")]) == NETWORK("10.96.0.0/16")
    assert free_block([NETWORK("0.0.0.0/0"), NETWORK("192.168.0.0/16")]) == NETWORK("10.88.0.0/16")
    assert free_block([NETWORK("10.64.0.0/10"), NETWORK("10.128.0.0/9")]) == NETWORK("10.0.0.0/16")


def test_no_free_block_is_an_error_with_a_way_out() -> None:
    with pytest.raises(RigError, match="No 10") as raised:
        free_block([NETWORK("10.0.0.0/8")])
    assert "ip route" in raised.value.next_step


def test_pods_services_and_link_share_a_block_and_nothing_else() -> None:
    addresses = Addresses(NETWORK("10.90.0.0/16"))
    pods, services = NETWORK(addresses.pods), NETWORK(addresses.services)
    link = ipaddress.ip_interface(f"{addresses.link_machine}/30").network
    assert not pods.overlaps(services)
    assert not link.overlaps(pods)
    assert not link.overlaps(services)
    assert ipaddress.ip_address(addresses.link_cluster) in link
    assert ipaddress.ip_address(addresses.node) in pods
    assert ipaddress.ip_address(addresses.api_service) == services[1]  # Kubernetes takes the first for itself
    assert ipaddress.ip_address(addresses.dns) in services


def test_routes_of_the_machine_are_read_with_and_without_prefix() -> None:
    routes = [{"dst": "default", "gateway": "192.0.2.1"}, {"dst": "192.0.2.0/24"}, {"dst": "10.1.2.3"}]
    assert network.taken(routes) == [NETWORK("192.0.2.0/24"), NETWORK("10.1.2.3/32")]


@pytest.mark.parametrize("name", ["default", "second-one", "a", "abcdefgh12345678"])
def test_a_clusters_paths_and_link_fit_the_kernels_limits(name: str) -> None:
    rig = from_environment({"SPARKK8S_CLUSTER_NAME": name, "XDG_CACHE_HOME": "/cache"})
    assert rig.cache == Path("/cache/jupyter-sparkk8s-cluster")
    assert len(rig.link) <= 15  # IFNAMSIZ less the final zero
    longest = rig.state / "kubelet" / "pod-resources" / "kubelet.sock"
    assert len(str(longest)) <= 107  # sun_path
    assert len(str(rig.containerd_socket.with_suffix(".sock.ttrpc"))) <= 107
    other = Rig("another", rig.cache)
    assert {rig.link, rig.state, rig.live, rig.identity}.isdisjoint({other.link, other.state, other.live, other.identity})


@pytest.mark.parametrize("name", ["a/b", "..", "UPPER", "-x", "x-", "a" * 17, "a b"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(RigError, match="SPARKK8S_CLUSTER_NAME"):
        from_environment({"SPARKK8S_CLUSTER_NAME": name})


def test_mounts_come_innermost_first_and_only_from_inside_the_folder() -> None:
    mounts = (
        "proc /proc proc rw 0 0\na /var/tmp/x/a ext4 rw 0 0\nb /var/tmp/x/a/b\\040c ext4 rw 0 0\nc /var/tmp/xy/a ext4 rw 0 0\n"
    )
    assert folders.mounts_below(Path("/var/tmp/x"), mounts) == ["/var/tmp/x/a/b c", "/var/tmp/x/a"]


def test_cgroup_hierarchies_of_both_versions_are_found() -> None:
    mounts = (
        "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
        "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"
        "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    )
    assert cgroups.hierarchies(mounts) == [Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/unified")]


def test_a_leaf_certificate_names_what_it_stands_for() -> None:
    text = certificates.extensions(["localhost", "node"], ["127.0.0.1"])
    assert "subjectAltName=DNS:localhost,DNS:node,IP:127.0.0.1\n" in text
    assert "CA:FALSE" in text
    assert "subjectAltName" not in certificates.extensions([], [])
