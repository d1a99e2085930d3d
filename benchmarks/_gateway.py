"""gateway_provisioners' kernel for ``launch``: its kernelspec, made by its own command, and what its pods need.

Its documentation installs the launcher and pycryptodomex into the image. So that all rows run the same image, a folder
of this machine is mounted instead, which is why the node must be this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._launchers import Place

KERNEL = "gateway"
_MOUNT = "/gateway"
_BOOTSTRAP = "bootstrap-kernel.sh"
_CRYPTO = "Cryptodome"


def is_installed() -> bool:
    """Whether the extra ``bench`` is."""
    return find_spec("gateway_provisioners") is not None


def environ(place: Place, address: str) -> dict[str, str]:
    """Its settings, read from the environment where it is imported. Kernels report to ``address`` of this machine."""
    return {
        "KUBECONFIG": place.kubeconfig,
        "GP_USE_INCLUSTER_CONFIG": "False",
        "GP_NAMESPACE": place.namespace,
        "GP_RESPONSE_IP": address,
    }


def install(place: Place, data: Path, folder: Path) -> None:
    """Put the kernelspec into the Jupyter data directory ``data`` and the pod's files into ``folder``."""
    command = [Path(sys.executable).with_name("jupyter-k8s-spec"), "install", "--user"]
    command += [f"--kernel-name={KERNEL}", f"--image-name={place.image}"]
    subprocess.run(command, env={**os.environ, "JUPYTER_DATA_DIR": str(data)}, check=True, capture_output=True)
    spec = data / "kernels" / KERNEL
    _complete_spec(spec / "kernel.json", place, folder)
    _complete_pod(spec / "scripts" / "kernel-pod.yaml.j2", place)
    _fill(folder)


def _complete_spec(path: Path, place: Place, folder: Path) -> None:
    found = json.loads(path.read_text())
    # Its launch script copies its whole environment into the pod, where this machine's PATH and HOME lead nowhere.
    found["argv"] = ["env", "-u", "PATH", "HOME=/tmp", sys.executable, *found["argv"][1:]]
    found["env"] = {
        "KERNEL_USERNAME": "benchmark",
        "KERNEL_UID": "185",
        "KERNEL_GID": "185",
        "KERNEL_CPUS": place.cpu,
        "KERNEL_MEMORY": place.memory,
        "KERNEL_MEMORY_LIMIT": place.memory,
        "KERNEL_VOLUMES": json.dumps([{"name": "gateway", "hostPath": {"path": str(folder)}}]),
        "KERNEL_VOLUME_MOUNTS": json.dumps([{"name": "gateway", "mountPath": _MOUNT}]),
        "PYTHONPATH": f"{_MOUNT}/packages",
    }
    path.write_text(json.dumps(found))


def _complete_pod(path: Path, place: Place) -> None:
    """Its template leaves the command to the image, and the node to the scheduler."""
    command = f"    command: [bash, {_MOUNT}/{_BOOTSTRAP}]\n    imagePullPolicy: IfNotPresent\n"
    anchor, named = "  restartPolicy: Never\n", '    name: "{{ kernel_pod_name }}"\n'
    text = path.read_text()
    assert text.count(anchor) == text.count(named) == 1, "gateway_provisioners' pod template is not the one of 0.5"
    text = text.replace(anchor, f"{anchor}  nodeSelector: {json.dumps(place.node_selector)}\n")
    path.write_text(text.replace(named, named + command))


def _fill(folder: Path) -> None:
    """What its command for images copies into them, and the one package that its launcher needs; writable, so that the first
    pod leaves its compiled modules there as an image would have them.
    """
    package, crypto = find_spec("gateway_provisioners"), find_spec(_CRYPTO)
    assert package is not None
    assert package.origin is not None
    assert crypto is not None
    assert crypto.origin is not None
    launchers = Path(package.origin).parent / "kernel-launchers"
    for source in ("python", "shared"):
        shutil.copytree(launchers / source, folder / "kernel-launchers" / "python", dirs_exist_ok=True)
    script = string.Template((launchers / "bootstrap" / _BOOTSTRAP).read_text())
    (folder / _BOOTSTRAP).write_text(script.safe_substitute(install_dir=_MOUNT))
    shutil.copytree(Path(crypto.origin).parent, folder / "packages" / _CRYPTO)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
