"""The test cluster's cache keys, image archives and configuration texts."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tests.cluster.rig import cache, ceph, claims, containerd, dns, golang, kubelet, oci
from tests.cluster.rig.layout import Addresses, Network, Rig

RIG, ADDRESSES = Rig("test", Path("/cache")), Addresses(Network("10.90.0.0/16"))


def test_a_key_changes_with_content_names_and_executable_bits_and_not_with_dates(tmp_path: Path) -> None:
    folder = tmp_path / "context"
    (folder / "sub").mkdir(parents=True)
    file = folder / "sub" / "a"
    file.write_text("1")
    first = cache.key(folder, "flags")
    file.touch()
    assert cache.key(folder, "flags") == first
    seen = {first, cache.key(folder, "other"), cache.key("flags", folder)}
    file.write_text("2")
    seen.add(cache.key(folder, "flags"))
    file.chmod(0o755)
    seen.add(cache.key(folder, "flags"))
    file.rename(folder / "a")
    seen.add(cache.key(folder, "flags"))
    assert len(seen) == 6


def test_parts_of_a_key_do_not_run_together() -> None:
    assert cache.key("ab", "c") != cache.key("a", "bc")


def test_a_list_of_files_is_a_folder_of_these_alone(tmp_path: Path) -> None:
    """So that what comes to lie beside an image's files does not make the image anew."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    files = [tmp_path / "b", tmp_path / "a"]
    before = cache.key(files, "base")
    assert before == cache.key(tmp_path, "base")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c").touch()
    assert cache.key(files, "base") == before != cache.key(tmp_path, "base")


def test_an_artefact_is_made_once_and_never_half(tmp_path: Path) -> None:
    made = []

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("disk full")

    def make(folder: Path) -> None:
        assert not list(folder.iterdir())
        made.append(folder)
        (folder / "whole").touch()

    with pytest.raises(OSError, match="disk full"):
        cache.obtain(tmp_path, "thing", "k1", fail, "")
    assert not (tmp_path / "thing").exists()
    for _ in range(2):
        assert [path.name for path in cache.obtain(tmp_path, "thing", "k1", make, "").iterdir()] == ["whole"]
    assert len(made) == 1


def test_the_cache_keeps_two_of_each_and_a_purge_spares_what_runs(tmp_path: Path) -> None:
    for number in range(4):
        cache.obtain(tmp_path, "thing", f"k{number}", lambda folder: (folder / "x").touch(), "")
    assert len(list((tmp_path / "thing").iterdir())) == 2
    assert (tmp_path / "thing" / "k3").exists()
    (tmp_path / "live" / "default").mkdir(parents=True)
    assert cache.purge(tmp_path) == ["thing"]
    assert (tmp_path / "live" / "default").exists()
    assert cache.purge(tmp_path / "none") == []


def test_an_image_archive_is_whole_and_its_digests_are_right(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(b"\x7fELF")
    layer, archive = tmp_path / "layer", tmp_path / "image.tar"
    oci.write_layer(layer, program, "/pause")
    oci.write_archive(archive, "localhost/pause:1", layer, Entrypoint=["/pause"])
    with tarfile.open(archive) as tar:
        content = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    for name, data in content.items():
        if name.startswith("blobs/sha256/"):
            assert hashlib.sha256(data).hexdigest() == name.rpartition("/")[2]

    def blob(digest: str) -> bytes:
        return content["blobs/sha256/" + digest.removeprefix("sha256:")]

    reference = json.loads(content["index.json"])["manifests"][0]
    assert reference["annotations"]["io.containerd.image.name"] == "localhost/pause:1"
    manifest = json.loads(blob(reference["digest"]))
    config = json.loads(blob(manifest["config"]["digest"]))
    assert config["config"] == {"Entrypoint": ["/pause"]}
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    assert manifest["layers"][0]["size"] == len(blob(manifest["layers"][0]["digest"]))


def test_the_components_version_is_that_of_go_mod() -> None:
    flags = golang.version_flags("go 1.26.0\nrequire (\n\tk8s.io/kubernetes v1.36.3\n)\n")
    assert "gitVersion=v1.36.3" in flags
    assert "gitMajor=1" in flags
    assert "gitMinor=36" in flags
    assert golang.wanted("module m\n\ngo 1.26.0\n") == (1, 26)
    assert "gitVersion=v1." in golang.version_flags((golang.KUBE / "go.mod").read_text())


def test_nothing_of_containerd_or_the_kubelet_lies_outside_the_clusters_own_folders() -> None:
    text = containerd.config(RIG.live, RIG.state / "containerd", RIG.containerd_socket, "localhost/pause:1", RIG.state / "cni")
    paths = [word for line in text.splitlines() for word in [line.partition('= "')[2].strip('"')] if word.startswith("/")]
    assert len(paths) >= 6
    assert [path for path in paths if not path.startswith((str(RIG.state), str(RIG.live)))] == ["/usr/lib/cni"]
    settings = kubelet.config(RIG, ADDRESSES)
    assert settings["cgroupRoot"] == "/sparkk8s-test"
    assert settings["authentication"]["anonymous"] == {"enabled": False}
    for name in ("tlsCertFile", "tlsPrivateKeyFile", "resolvConf", "podLogsDir", "volumePluginDir"):
        assert settings[name].startswith(f"{RIG.state}/")


def test_ceph_writes_into_its_own_folder() -> None:
    lines = ceph.config(Path("/s/ceph"), "id").splitlines()
    paths = [line.partition(" = ")[2] for line in lines if " = /" in line]
    assert paths
    assert all(path.startswith("/s/ceph/") for path in paths)


def test_a_claim_and_its_volume_name_each_other() -> None:
    claim, volume = claims.manifests("ns", "data", "cephfs-ns-data", Path("/cephfs/ns/data"), read_only=False)
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["claimRef"]["namespace"] == claim["metadata"]["namespace"]
    assert volume["spec"]["claimRef"]["name"] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == volume["spec"]["accessModes"] == ["ReadWriteMany"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    claim, volume = claims.manifests("ns", "data", "v", Path("/x"), read_only=True)
    assert claim["spec"]["accessModes"] == volume["spec"]["accessModes"] == ["ReadOnlyMany"]


def test_coredns_serves_the_address_that_the_kubelet_gives_to_pods() -> None:
    service = dns.manifests("localhost/coredns:1", ADDRESSES.dns)[-1]
    assert [service["spec"]["clusterIP"]] == kubelet.config(RIG, ADDRESSES)["clusterDNS"]
