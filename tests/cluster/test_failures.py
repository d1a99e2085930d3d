"""A start that fails on the real cluster: it says Kubernetes' own reason, soon, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.environment import Namespace


def volume(name: str, **source: Any) -> list[dict[str, Any]]:
    return [{"name": name, "mountPath": "/data", **source}]


FAILURES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "image never pulled": (
        {"image": "localhost/no-such-image:1", "image_pull_policy": "Never"},
        ["The image is not on the node", "ErrImageNeverPull", "c.SparkK8s.image"],
    ),
    "malformed image": ({"image": "Not/A Valid:Image:1"}, ["The image's name is malformed", "InvalidImageName"]),
    "no such claim": (
        {"volumes": volume("gone", persistentVolumeClaim={"claimName": "gone-claim"})},
        ['persistentvolumeclaim "gone-claim" not found'],
    ),
    "no such secret to mount": (
        {"volumes": volume("keys", secret={"secretName": "gone-secret"})},
        ["A volume could not be mounted", 'secret "gone-secret" not found'],
    ),
    "no such service account": (
        {"driver_service_account": "nobody"},
        ["service account", "nobody", "jupyter sparkk8s rbac"],
    ),
    "no node is large enough": ({"driver_memory": "900Gi"}, ["No node can take the pod", "Insufficient memory"]),
    "Pod Security refuses": (
        {"driver_pod_extra": {"spec": {"hostNetwork": True}}},
        ["Pod Security", "violates PodSecurity", "host namespaces"],
    ),
    "no python in the image": ({"image": "{pause}"}, ["The image has no python3", "StartError"]),
    "a field that Kubernetes doesn't know": (
        {"driver_pod_extra": {"spec": {"affinity": {"nodeAffinty": {}}}}},
        ["Kubernetes refused the request", 'unknown field "spec.affinity.nodeAffinty"'],
    ),
    "a kernel that ends at once": (
        {"env": {"PYTHONHOME": "/nowhere"}},
        ["exit code 1", "No module named 'encodings'"],
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_start_says_why_and_leaves_nothing(
    name: str, start_server: Callable[..., JupyterServer], namespace: Namespace, cluster: dict[str, Any]
) -> None:
    traits, words = FAILURES[name]
    if traits.get("image") == "{pause}":
        traits = {**traits, "image": cluster["images"]["pause"]}
    server = start_server(session="off", unschedulable_grace_s=2, **traits)
    before = {item["metadata"]["name"] for item in namespace.secrets()}
    pods_before = {pod["metadata"]["name"] for pod in namespace.drivers()}
    begun = time.monotonic()
    with pytest.raises(HttpError) as caught:
        Notebook(server)
    took = time.monotonic() - begun
    text = caught.value.body["message"]
    for word in words:
        assert word in text, text
    assert took < 30, f"{took:.1f} s until: {text}"
    assert server.get("api/kernels") == []
    assert {pod["metadata"]["name"] for pod in namespace.drivers()} <= pods_before
    until = time.monotonic() + 10
    while not {item["metadata"]["name"] for item in namespace.secrets()} <= before:
        assert time.monotonic() < until, "a Secret is left"
        time.sleep(0.1)
    assert server.stop() < 5


def test_a_quota_that_is_used_up_is_named(start_server: Callable[..., JupyterServer], namespace: Namespace) -> None:
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"requests.memory": "512Mi"}}}
    namespace.core.create_namespaced_resource_quota(namespace.name, quota)
    try:
        time.sleep(1)  # the quota controller's first count
        server = start_server(session="off")
        with pytest.raises(HttpError) as caught:
            Notebook(server)
    finally:
        namespace.core.delete_namespaced_resource_quota("small", namespace.name)
    text = caught.value.body["message"]
    assert "quota" in text
    assert "exceeded quota: small" in text
    assert server.stop() < 5


def test_a_failed_start_beside_a_live_kernel_leaves_a_server_that_stops(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    """The failed id used to stay in the server's list of pending kernels, and the server never exited."""
    profiles = [{"name": "broken", "image": "localhost/no-such-image:1", "image_pull_policy": "Never"}]
    server = start_server(session="off", profiles=profiles)
    spec = server.folder / "data" / "kernels" / "broken" / "kernel.json"
    spec.parent.mkdir(parents=True)
    provisioner = '{"provisioner_name": "spark-k8s", "config": {"profile": "broken"}}'
    spec.write_text(
        '{"argv": ["python3"], "display_name": "Broken", "language": "python", "interrupt_mode": "message", '
        f'"metadata": {{"kernel_provisioner": {provisioner}}}}}'
    )
    notebook = Notebook(server)
    with pytest.raises(HttpError) as caught:
        Notebook(server, kernel="broken")
    assert "ErrImageNeverPull" in caught.value.body["message"]
    assert notebook.run("print('lives')") == "lives\n"
    notebook.socket.close()
    assert server.stop() < 2  # 0.7 s on an idle machine, with the live kernel's own end
    until(lambda: not namespace.drivers(notebook.kernel_id), "the pod is gone", 10)


def test_an_ipykernel_too_old_for_encryption_is_told_not_waited_for(
    start_server: Callable[..., JupyterServer], shares: dict[str, Path], volumes: list[dict[str, Any]]
) -> None:
    folder = shares["/results"] / "old-ipykernel"
    if not folder.exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*install, "ipykernel==6.29.5"], check=True)
    server = start_server(volumes=volumes, env={"PYTHONPATH": "/results/old-ipykernel"}, session="off")
    begun = time.monotonic()
    with pytest.raises(HttpError) as caught:
        Notebook(server)
    assert time.monotonic() - begun < 30
    assert "ipykernel is too old for encrypted connections" in caught.value.body["message"]
    assert "transport_encryption" in caught.value.body["message"]
    server.stop()
