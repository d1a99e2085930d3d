"""The cluster's images: pause, CoreDNS, the reference image and the plain ones, unpacked once into a containerd root that
starts copy. Each is made anew only when what it is made of has changed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache, containerd, debian, golang, oci
from .processes import dying_with_us, run, work
from .progress import RigError, tail

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[3] / "images"
_PASS_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'
_CERTIFICATES = Path("/etc/ssl/certs")


# The plain images by their names in cluster.json: what each is built over, and what is installed into its Python.
PLAIN = {"plain": ("bookworm", "requirements.txt"), "newer": ("trixie", "requirements-python-3.13.txt")}


@dataclass(frozen=True)
class Images:
    """Names as pods write them, and `store`: containerd's root with all of them unpacked. `plain`: see PLAIN."""

    pause: str
    coredns: str
    reference: str
    plain: dict[str, str]
    store: Path


def make(kept: Path) -> Images:
    """Everything that the cluster runs, from the cache at `kept` or made now."""
    pause, coredns, (base_key, base) = golang.pause(kept), golang.coredns(kept), debian.base(kept)
    names = {
        "pause": f"localhost/pause:{pause.name}",
        "coredns": f"localhost/coredns:{coredns.name}",
        "reference": f"localhost/sparkk8s:{cache.key(_sources(), base_key)}",
    }

    def fill(store: Path) -> None:
        # The archives are gone afterwards: containerd keeps their content in its own form.
        with tempfile.TemporaryDirectory(dir=store.parent, prefix="images-") as scratch:
            archives = [Path(scratch, f"{image}.tar") for image in names]
            _of_one_file(archives[0], names["pause"], pause / "pause")
            _of_one_file(archives[1], names["coredns"], coredns / "coredns")
            _build(archives[2], names["reference"], base / "base.oci", FOLDER, kept / "log" / "reference.log")
            _unpack(store, names["pause"], archives, kept / "log" / "store.log")

    key = cache.key(*sorted(names.values()), run("containerd", "--version"))
    store = cache.obtain(kept, "store", key, fill, "3 to 5 minutes: pip, then unpacking")
    archives = {name: _plain(kept, name) for name in PLAIN}

    def add(folder: Path) -> None:
        containerd.clone_store(store, folder / "root")  # hard links: only what is added takes space
        paths = [folder / "image.tar" for folder in archives.values()]
        _unpack(folder / "root", names["pause"], paths, kept / "log" / "store.log")

    key = cache.key(key, *(archive.name for archive in archives.values()))
    whole = cache.obtain(kept, "store-all", key, add, "1 to 2 minutes: unpacking")
    plain = {name: _plain_name(name, archive.name) for name, archive in archives.items()}
    return Images(store=whole / "root", plain=plain, **names)


def _sources() -> list[Path]:
    """What the reference image is made of, beside its base."""
    return [FOLDER / name for name in ("Dockerfile", "class_archive.py", "requirements.txt")]


def _plain(kept: Path, name: str) -> Path:
    """The folder with `image.tar` of a plain image, named by its key."""
    suite, requirements = PLAIN[name]
    base_key, base = debian.base(kept, suite)
    folder = FOLDER / "plain"
    key = cache.key([folder / "Dockerfile", folder / requirements], base_key)

    def make(made: Path) -> None:
        archive, argument = made / "image.tar", f"--build-arg=REQUIREMENTS={requirements}"
        with tempfile.TemporaryDirectory(dir=made.parent, prefix="build-") as scratch:
            built = Path(scratch, "image.tar")
            _build(built, _plain_name(name, key), base / "base.oci", folder, kept / "log" / f"{name}.log", argument)
            built.rename(archive)

    return cache.obtain(kept, f"image-{name}", key, make, "1 to 3 minutes: pip")


def _plain_name(name: str, key: str) -> str:
    return f"localhost/sparkk8s-{name}:{key}"


def _of_one_file(archive: Path, name: str, executable: Path) -> None:
    """An image that is one static executable, its entrypoint."""
    layer = archive.with_suffix(".layer")
    oci.write_layer(layer, executable, f"/{executable.name}")
    oci.write_archive(archive, name, layer, Entrypoint=[f"/{executable.name}"])


def _build(archive: Path, name: str, base: Path, folder: Path, log: Path, *arguments: str) -> None:
    """A folder's Dockerfile over the base, by buildah: chroot isolation and vfs work in containers and on every cgroup."""
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    scratch = archive.parent
    policy = scratch / "policy.json"
    policy.write_text(_PASS_POLICY)
    buildah = ["buildah", "--storage-driver=vfs", f"--root={scratch}/storage", f"--runroot={scratch}/storage-run"]
    # pip trusts what this machine trusts: behind a proxy that opens TLS the base's own authorities aren't enough.
    trust = [f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.is_dir() else []
    build = [f"--build-arg=BASE=oci-archive:{base}", f"--signature-policy={policy}", *trust, *arguments]
    work("buildah bud", [*buildah, "bud", *build, f"--tag={name}", folder], log, env)
    push = [*buildah, "push", f"--signature-policy={policy}", name, f"docker-archive:{archive}:{name}"]
    work("buildah push", push, log, env)


def _unpack(root: Path, pause_image: str, archives: list[Path], log: Path) -> None:
    """Import and unpack archives into a containerd root, by a containerd that runs for this only."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sparkk8s-store-") as scratch:  # a socket's path is short
        socket, config = Path(scratch, "containerd.sock"), Path(scratch, "containerd.toml")
        config.write_text(containerd.config(root, Path(scratch, "state"), socket, pause_image, Path(scratch, "cni")))
        with log.open("ab") as output:
            server = subprocess.Popen(dying_with_us("TERM", "containerd", "--config", config), stdout=output, stderr=output)
        try:
            _until(lambda: containerd.answers(socket), "containerd answers", log)
            ctr: list[str | Path] = ["ctr", "-a", socket, "-n", containerd.NAMESPACE, "images"]
            label = "io.cri-containerd.image=managed"
            known = run(*ctr, "ls").count(label)
            for archive in archives:
                work(f"ctr images import {archive.stem}", [*ctr, "import", archive], log)
            # The Kubernetes side of containerd notes each image a moment later, by an event, and labels it then.
            _until(lambda: run(*ctr, "ls").count(label) >= 2 * len(archives) + known, "containerd's notes of the images", log)
        finally:
            server.terminate()
            server.wait(30)


def _until(true: Callable[[], bool], title: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise RigError(f"{title}: not within 30 s. The end of {log}:\n{tail(log)}", "the log names the cause.")
        time.sleep(0.1)
