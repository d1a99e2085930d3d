"""The cluster's images: pause, CoreDNS and the reference image, unpacked once into a containerd root that starts copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import cache, containerd, debian, golang, oci
from .processes import run, work
from .progress import RigError, tail

DOCKERFILE = Path(__file__).parents[3] / "images"
_PASS_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'
_CERTIFICATES = Path("/etc/ssl/certs")


@dataclass(frozen=True)
class Images:
    """Names as pods write them, and `store`: containerd's root with all of them unpacked."""

    pause: str
    coredns: str
    reference: str
    store: Path


def make(store: Path) -> Images:
    """Everything that the cluster runs, from the cache or made now."""
    archives: dict[str, Path] = {}
    names: dict[str, str] = {}
    for image, binary in (("pause", golang.pause(store)), ("coredns", golang.coredns(store))):
        names[image], archives[image] = f"localhost/{image}:{binary.name}", _single(store, image, binary)
    base_key, base = debian.base(store)
    key = cache.key(DOCKERFILE, base_key)
    names["reference"] = f"localhost/sparkk8s:{key}"

    def build(folder: Path) -> None:
        _build(store, folder / "image.tar", names["reference"], base / "base.oci")

    archives["reference"] = cache.obtain(store, "reference", key, build, "2 to 4 minutes, pip") / "image.tar"

    def unpack(folder: Path) -> None:
        _unpack(store, folder, names["pause"], list(archives.values()))

    version = run("containerd", "--version")
    of = cache.key(*sorted(names.values()), version)
    return Images(store=cache.obtain(store, "store", of, unpack, "about half a minute"), **names)


def _single(store: Path, image: str, binary: Path) -> Path:
    """An image that is one static executable."""

    def make(folder: Path) -> None:
        layer = folder / "layer.tar"
        oci.write_layer(layer, binary / image, f"/{image}")
        oci.write_archive(folder / "image.tar", f"localhost/{image}:{binary.name}", layer, Entrypoint=[f"/{image}"])
        layer.unlink()

    return cache.obtain(store, f"{image}-image", binary.name, make, "seconds") / "image.tar"


def _build(store: Path, archive: Path, name: str, base: Path) -> None:
    """images/Dockerfile over the base, by buildah: chroot isolation and vfs work in containers and on every cgroup."""
    log = store / "log" / "reference.log"
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    with tempfile.TemporaryDirectory(dir=store, prefix="buildah-") as scratch:
        policy = Path(scratch, "policy.json")
        policy.write_text(_PASS_POLICY)
        buildah = ["buildah", "--storage-driver=vfs", f"--root={scratch}/root", f"--runroot={scratch}/run"]
        # pip trusts what this machine trusts: behind a proxy that opens TLS the base's own authorities aren't enough.
        trust = [f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.is_dir() else []
        build = [f"--build-arg=BASE=oci-archive:{base}", f"--signature-policy={policy}", *trust, f"--tag={name}"]
        work("buildah bud", [*buildah, "bud", *build, DOCKERFILE], log, env)
        push = [*buildah, "push", f"--signature-policy={policy}", name, f"docker-archive:{archive}:{name}"]
        work("buildah push", push, log, env)


def _unpack(store: Path, root: Path, pause_image: str, archives: list[Path]) -> None:
    """Import and unpack archives into a containerd root, by a containerd that runs for this only."""
    log = store / "log" / "store.log"
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sparkk8s-store-") as scratch:
        state, socket = Path(scratch, "state"), Path(scratch, "containerd.sock")
        config = Path(scratch, "containerd.toml")
        config.write_text(containerd.config(root, state, socket, pause_image, Path(scratch, "cni")))
        with log.open("ab") as output:
            server = subprocess.Popen(["containerd", "--config", str(config)], stdout=output, stderr=output)
        try:
            _until(lambda: server.poll() is not None or containerd.answers(socket), "containerd answers", log)
            ctr: list[str | Path] = ["ctr", "-a", socket, "-n", containerd.NAMESPACE, "images"]
            for archive in archives:
                work(f"import of {archive.parent.parent.name}", [*ctr, "import", archive], log)
            # The kubelet's side of containerd notes each image by an event: it is in the database once it is labelled.
            _until(lambda: _managed(ctr) >= len(archives), "containerd's notes of the images", log)
        finally:
            server.terminate()
            server.wait(30)
    shutil.rmtree(root / "io.containerd.runtime.v2.task", ignore_errors=True)


def _managed(ctr: list[str | Path]) -> int:
    return run(*ctr, "ls").count("localhost/")


def _until(true: Callable[[], bool], title: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise RigError(f"{title}: not within 30 s. The end of {log}:\n{tail(log)}", "the log names the cause.")
        time.sleep(0.1)
