"""A Jupyter server in a pod of the cluster, and a client without one: they find their account, talk to pod addresses, and own
their kernels.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.audit import Audit
from tests.cluster.environment import SERVER_ACCOUNT, Namespace, prepared_namespace, server_config
from tests.cluster.rig.claims import make_claim
from tests.cluster.rig.cluster import of_kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ["jupyter_server>=2.21", "kubernetes>=37", "nbclient", "pyyaml", "websocket-client"]


@pytest.fixture(scope="module")
def home() -> Iterator[Namespace]:
    """A namespace of the server's own, where nobody else logs in as its account."""
    with prepared_namespace() as made:
        yield made


def fill(folder: Path, image_python: str, config: str) -> None:
    """Make a folder with a Jupyter server and our package, for the image's Python."""
    packages = folder / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(packages), "--only-binary=:all:"]
    subprocess.run([*install, f"--python-version={image_python}", *PACKAGES], check=True)
    shutil.copytree(CHECKOUT / "jupyter_sparkk8s", packages / "jupyter_sparkk8s")
    about = packages / "jupyter_sparkk8s-0.dist-info"
    about.mkdir()
    ours = distribution("jupyter-sparkk8s")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: jupyter-sparkk8s\nVersion: {ours.version}\n")
    (about / "entry_points.txt").write_text(ours.read_text("entry_points.txt") or "")
    shutil.copytree(CHECKOUT / "kernelspecs", folder / "jupyter" / "kernels")
    (folder / "tests").mkdir()
    shutil.copytree(CHECKOUT / "tests" / "support", folder / "tests" / "support")
    shutil.copy(CHECKOUT / "tests" / "cluster" / "inside.py", folder / "inside.py")
    enabled = 'c.ServerApp.jpserver_extensions = {"jupyter_sparkk8s": True}\n'
    (folder / "config.py").write_text(config + enabled)


def server_pod(image: str) -> dict[str, Any]:
    """A pod as an administrator writes it for a Jupyter server, under ``restricted``."""
    unpack = "python3 -m tarfile -e /share/server.tar /tmp/server"
    run = "exec python3 /tmp/server/inside.py /tmp/server/config.py /tmp/server/jupyter/kernels"
    return {
        "metadata": {"name": "jupyter"},
        "spec": {
            "serviceAccountName": SERVER_ACCOUNT,
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "jupyter",
                    "image": image,
                    "command": ["sh", "-c", f"{unpack} && {run}"],
                    "env": [
                        {"name": "PYTHONPATH", "value": "/tmp/server/tests/support/left_out:/tmp/server/packages:/tmp/server"},
                        {"name": "HOME", "value": "/tmp"},
                        {"name": "JUPYTERHUB_USER", "value": "astro.nomer@example"},
                    ],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "share", "mountPath": "/share", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "share", "persistentVolumeClaim": {"claimName": "server"}}],
        },
    }


@pytest.mark.timeout(900)  # pip, a tar file of thousands, a server and three kernels one after the other
def test_a_server_in_a_pod_starts_kernels_directly_and_owns_them(
    home: Namespace, cluster: dict[str, Any], image: str, tmp_path: Path
) -> None:
    found = of_kubeconfig(Path(cluster["kubeconfig"]))
    assert found is not None
    folder = make_claim(*found, home.name, "server").folder
    fill(tmp_path, "3.11", server_config(home.name, image, executor_instances=1))
    with tarfile.open(folder / "server.tar", "w") as archive:  # one file: thousands of small ones take minutes on a share
        archive.add(tmp_path, ".")
    audit = Audit(Path(cluster["audit_log"]), f"system:serviceaccount:{home.name}:{SERVER_ACCOUNT}")
    home.core.create_namespaced_pod(home.name, server_pod(image))

    drivers: dict[str, dict[str, Any]] = {}
    until = time.monotonic() + 480
    while (pod := home.pod("jupyter")) and pod["status"].get("phase") not in ("Succeeded", "Failed"):
        assert time.monotonic() < until, home.core.read_namespaced_pod_log("jupyter", home.name)
        drivers.update({driver["metadata"]["name"]: driver for driver in home.drivers()})
        time.sleep(0.2)
    log = home.core.read_namespaced_pod_log("jupyter", home.name)
    assert pod is not None
    assert pod["status"]["phase"] == "Succeeded", log
    said = json.loads(log.strip().splitlines()[-1])

    assert said["server_ip"] == said["pod_ip"] in {driver["status"].get("podIP") for driver in drivers.values()}
    assert (said["leaked"], said["sum"], said["again"]) == (None, 499500, 42)
    assert not [request for request in audit.requests() if "portforward" in request]
    executed = said["executed"].strip()
    assert executed in {driver["status"].get("podIP") for driver in drivers.values()} - {said["pod_ip"]}
    assert len(drivers) == 3  # before and after the restart, and the one of the client without a server
    for driver in drivers.values():
        (owner,) = driver["metadata"]["ownerReferences"]
        assert owner["uid"] == pod["metadata"]["uid"]
        assert driver["metadata"]["annotations"]["jupyter-sparkk8s/username"] == "astro.nomer@example"
    assert home.drivers() == []
