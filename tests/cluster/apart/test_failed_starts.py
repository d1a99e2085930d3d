"""A start that fails on the real cluster says Kubernetes' own reason in words, soon, and leaves nothing behind: many kinds, one
server. Which ones: ``failed_starts``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client
from kubernetes.utils import create_from_dict

from tests.cluster import failed_starts
from tests.cluster.environment import offer_profile, server_config
from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

# The event that says it first.
TIMED = {
    "claim-missing": "FailedScheduling",
    "selector": "FailedScheduling",
    "image-never": "ErrImageNeverPull",
    "mount-secret": "FailedMount",
}
PROMISED_S, BUSY_S = 1.5, 6.0
NAMES = sorted(failed_starts.profiles("", ""))
# Beyond what is given to heal: several starts share a small node here.
SLACK_S = 25.0


@dataclass
class Failed:
    """One start: what its user read and when, and when Kubernetes had said it."""

    text: str
    took_s: float
    told_at: float
    known_at: float | None = None


@pytest.fixture(scope="module")
def prepared(namespace: Namespace, image: str) -> Iterator[None]:
    """The objects that the profiles need, and a registry that refuses, on the node."""
    made = list(failed_starts.objects(namespace))
    for item in made:
        create_from_dict(namespace.api_client, item)
    namespace.core.delete_namespaced_persistent_volume_claim("deleted", namespace.name)
    with failed_starts.registry(namespace, image):
        yield
    policies = client.AdmissionregistrationV1Api()
    policies.delete_validating_webhook_configuration(namespace.name)
    policies.delete_validating_admission_policy_binding(namespace.name)
    policies.delete_validating_admission_policy(namespace.name)
    free = {"metadata": {"finalizers": None}}
    namespace.core.patch_namespaced_persistent_volume_claim("deleted", namespace.name, free)
    for item in made:
        if item["kind"] == "PersistentVolume":
            namespace.core.delete_persistent_volume(item["metadata"]["name"])


def first_event(namespace: Namespace, reason: str, since: float) -> float | None:
    """When an event with this reason first came after ``since``."""
    events = namespace.core.list_namespaced_event(namespace.name).items
    times = [(each.event_time or each.first_timestamp).timestamp() for each in events if each.reason == reason]
    return min((at for at in times if at >= since - 1), default=None)


@pytest.fixture(scope="module")
def failed(
    prepared: None, start_server: Callable[..., JupyterServer], namespace: Namespace, cluster: dict[str, Any], image: str
) -> dict[str, Failed]:
    """All starts, a few at a time, in one server; nothing is left of any."""
    kinds = failed_starts.profiles(image, cluster["images"]["pause"])
    profiles = [{"name": name, **traits} for name, (traits, _, _) in kinds.items()]
    server = start_server(session="off", unschedulable_grace_s=failed_starts.GRACE_S, profiles=profiles)
    for name in kinds:
        offer_profile(server, name)
    secrets = {item["metadata"]["name"] for item in namespace.secrets()}

    def start(name: str) -> Failed:
        begun = time.monotonic()
        with pytest.raises(HttpError) as caught:
            Notebook(server, kernel=name, name=f"{name}.ipynb")
        return Failed(caught.value.body["message"], time.monotonic() - begun, time.time())

    found = {}
    for name, reason in TIMED.items():  # alone, so that an event is of this start
        begun = time.time()
        found[name] = start(name)
        found[name].known_at = first_event(namespace, reason, begun)
    others = [name for name in kinds if name not in TIMED]
    with ThreadPoolExecutor(4) as pool:
        found |= dict(zip(others, pool.map(start, others), strict=True))
    assert server.get("api/kernels") == []
    assert namespace.drivers() == []
    until(lambda: {item["metadata"]["name"] for item in namespace.secrets()} <= secrets, "no Secret is left", 30)
    for name, each in found.items():
        print(f"{name}: {each.took_s:.1f} s\n{each.text}\n")
        assert server.log().count(each.text.splitlines()[0]) >= 1
    assert "Traceback" not in server.log()
    server.stop()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_start_says_why(
    name: str, failed: dict[str, Failed], namespace: Namespace, cluster: dict[str, Any], image: str
) -> None:
    _, heals_s, words = failed_starts.profiles(image, cluster["images"]["pause"])[name]
    for word in words:
        assert word in failed[name].text, failed[name].text
    assert failed[name].took_s < heals_s + SLACK_S


@pytest.mark.parametrize("name", TIMED)
def test_it_is_told_as_soon_as_kubernetes_knows(name: str, failed: dict[str, Failed]) -> None:
    """By the time that Kubernetes itself gives to its word (whole seconds, where it is the node's)."""
    known_at = failed[name].known_at
    assert known_at is not None
    heals_s = failed_starts.GRACE_S if name == "selector" else 0.0
    assert failed[name].told_at - known_at < heals_s + PROMISED_S + BUSY_S


@pytest.mark.parametrize("command", ["console", "execute"])
def test_a_terminal_shows_the_same_short_text(command: str, namespace: Namespace, kubeconfig: Path, tmp_path: Path) -> None:
    """And nothing of the program that has called."""
    (tmp_path / "jupyter_sparkk8s_config.py").write_text(
        server_config(namespace.name, "localhost/none:1", kubeconfig=str(kubeconfig), image_pull_policy="Never", session="off")
    )
    kernelspec = {"name": "spark-k8s", "display_name": "Spark on K8s", "language": "python"}
    notebook = {"cells": [], "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook))
    words = ["console", "--kernel=spark-k8s"] if command == "console" else ["execute", str(tmp_path / "n.ipynb")]
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path) for name in ("CONFIG", "DATA", "RUNTIME")}
    program = [sys.executable, "-m", "jupyter", *words]
    ended = subprocess.run(
        program, env=os.environ | folders, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    errors = ended.stderr
    assert "The image localhost/none:1 is not on the node, and its pull policy is Never.\nErrImageNeverPull: " in errors, errors
    assert "Traceback" not in errors
    assert namespace.drivers() == []
