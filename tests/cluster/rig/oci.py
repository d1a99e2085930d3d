"""OCI image archives made of one layer: images that are one file or one folder need no builder.

Leaves out what a registry would want: compression, signatures, several platforms.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_MEDIA = "application/vnd.oci.image."


def architecture() -> str:
    """This machine's architecture in the words of OCI and Go (`amd64`, `arm64`)."""
    machine = platform.machine()
    return _MACHINES.get(machine, machine)


def write_layer(layer: Path, source: Path, target: str) -> None:
    """Write the tar file `layer` that holds the executable `source` at the absolute path `target`, without dates or owners."""
    entry = tarfile.TarInfo(target.lstrip("/"))
    entry.size, entry.mode = source.stat().st_size, 0o755
    with tarfile.open(layer, mode="w") as tar, source.open("rb") as content:
        tar.addfile(entry, content)


def write_archive(archive: Path, name: str, layer: Path, **config: Any) -> None:
    """Write `archive` (an `oci-archive`) with one image, called `name`, whose only layer is the tar file `layer`.

    `config` is the image's configuration in OCI's words (`Entrypoint`, `Env`, `User`).
    Source of the format: OCI image specification 1.1, `image-layout.md`, `manifest.md`, `config.md`.
    """
    digest, size = _digest(layer), layer.stat().st_size
    document = {
        "architecture": architecture(),
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [digest]},
    }
    with tarfile.open(archive, mode="w") as tar:

        def put(path: str, content: bytes) -> None:
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

        def blob(kind: str, value: dict[str, Any]) -> dict[str, Any]:
            content = json.dumps(value, sort_keys=True).encode()
            name = hashlib.sha256(content).hexdigest()
            put(f"blobs/sha256/{name}", content)
            return {"mediaType": _MEDIA + kind, "digest": f"sha256:{name}", "size": len(content)}

        tar.add(layer, arcname="blobs/sha256/" + digest.removeprefix("sha256:"))
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MEDIA + "manifest.v1+json",
            "config": blob("config.v1+json", document),
            "layers": [{"mediaType": _MEDIA + "layer.v1.tar", "digest": digest, "size": size}],
        }
        reference = blob("manifest.v1+json", manifest)
        reference["annotations"] = {"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name}
        put("index.json", json.dumps({"schemaVersion": 2, "manifests": [reference]}).encode())
        put("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
    return "sha256:" + digest.hexdigest()
