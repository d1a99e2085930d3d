"""What may heal is a phase with its reason, and no error before its time: a registry's 429, a claim that is made when it is
needed, a cluster that grows, a quota that the pod before a restart still holds.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.utils import create_from_dict

from tests.cluster import failed_starts
from tests.cluster.environment import offer_profile
from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer


def refused(server: JupyterServer, kernel: str = "spark-k8s") -> tuple[str, float]:
    """What a start says that fails, and the seconds that it took."""
    begun = time.monotonic()
    with pytest.raises(HttpError) as caught:
        Notebook(server, kernel=kernel, name=f"{kernel}.ipynb")
    return caught.value.body["message"], time.monotonic() - begun


def test_what_may_heal_is_told_while_it_is_waited_for(
    start_server: Callable[..., JupyterServer], namespace: Namespace, image: str
) -> None:
    storage_class = f"{namespace.name}-later"
    later = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": storage_class},
        "provisioner": "example.org/nobody",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    claim = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": storage_class}
    try:
        create_from_dict(namespace.api_client, later)
        namespace.core.create_namespaced_persistent_volume_claim(namespace.name, {"metadata": {"name": "later"}, "spec": claim})
        kinds = {"busy": {"image": f"{failed_starts.REGISTRY}/busy:1"}, "claim": failed_starts.claim("later")}
        profiles = [{"name": name, **traits} for name, traits in kinds.items()]
        server = start_server(session="off", unschedulable_grace_s=1, start_timeout_s=15, profiles=profiles)
        for name in kinds:
            offer_profile(server, name)
        with failed_starts.registry(namespace, image), ThreadPoolExecutor(2) as pool:
            (busy, busy_s), (waiting, waiting_s) = pool.map(lambda name: refused(server, name), kinds)
    finally:
        namespace.api_client.call_api(
            *namespace.api_client.param_serialize(
                "DELETE", f"/apis/storage.k8s.io/v1/storageclasses/{storage_class}", auth_settings=["BearerToken"]
            )
        )
    late = "The kernel did not start within 15 s. "
    of_registry = f"The registry does not give the image {failed_starts.REGISTRY}/busy:1 for now."
    of_claim = f"The claim later has no volume yet: storage class {storage_class} makes one when a pod needs it."
    assert busy.splitlines()[0] == late + of_registry
    assert "429" in busy
    assert waiting.splitlines()[0] == late + of_claim
    assert min(busy_s, waiting_s) > 14
    told = [line for line in server.log().splitlines() if "failed after" not in line]
    assert any(of_registry in line and "pulling after" in line for line in told)
    assert any(of_claim in line and "queued after" in line for line in told)
    server.stop()
    assert namespace.drivers() == []


def test_a_cluster_that_grows_is_waited_for_and_one_that_can_t_ends_the_start(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    """The cluster autoscaler's events, which the rig has not: the test says them."""
    server = start_server(session="off", unschedulable_grace_s=3, driver_memory="900Gi")

    def say(reason: str, message: str) -> None:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"kind": "Pod", "namespace": namespace.name, "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        event: dict[str, Any] = {"metadata": {"generateName": "scale-"}, "involvedObject": about, "reason": reason}
        event |= {"message": message, "firstTimestamp": now, "lastTimestamp": now, "type": "Normal", "count": 1}
        namespace.core.create_namespaced_event(namespace.name, event)

    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(refused, server)
        (pod,) = until(namespace.drivers, "the driver's pod")
        say("TriggeredScaleUp", "pod triggered scale-up: [{workers 1->2 (max: 2)}]")
        until(lambda: "pod triggered scale-up" in server.log(), "the growth is told")
        time.sleep(4)  # past the time that a pod has which nobody helps
        assert not start.done()
        # In whole seconds, so later than the first.
        say("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached")
        begun = time.monotonic()
        text, _ = start.result(60)
    assert time.monotonic() - begun < 10
    assert "too little memory (the pod asks for 900Gi" in text
    assert "max node group size reached" in text
    server.stop()
    assert namespace.drivers() == []


def test_a_restart_waits_for_the_quota_of_the_pod_before(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    quota = {"metadata": {"name": "one"}, "spec": {"hard": {"requests.memory": "1Gi"}}}
    namespace.core.create_namespaced_resource_quota(namespace.name, quota)
    try:
        counted = lambda: namespace.core.read_namespaced_resource_quota("one", namespace.name).status.used  # noqa: E731
        until(counted, "the quota is counted")
        server = start_server(session="off", unschedulable_grace_s=20)
        notebook = Notebook(server)
        text, _ = refused(server)
        hard = {"spec": {"hard": {"requests.memory": "512Mi"}}}
        namespace.core.patch_namespaced_resource_quota("one", namespace.name, hard)  # the rest is held by another
        with ThreadPoolExecutor(1) as pool:
            restart = pool.submit(notebook.restart)
            until(lambda: "queued after" in server.log(), "the restart waits for the quota")
            assert not restart.done()
            namespace.core.patch_namespaced_resource_quota("one", namespace.name, quota)
            restart.result(60)
        assert notebook.run("print('there')") == "there\n"
        notebook.close()
    finally:
        namespace.core.delete_namespaced_resource_quota("one", namespace.name)
    assert text.startswith("The namespace's quota one has no room (requests.memory: 1Gi asked, 1Gi of 1Gi used).")
    server.stop()


def test_a_failed_start_beside_a_live_kernel_leaves_a_server_that_stops(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    """The failed id used to stay in the server's list of pending kernels, and the server never exited."""
    profiles = [{"name": "broken", "image": "localhost/no-such-image:1", "image_pull_policy": "Never"}]
    server = start_server(session="off", profiles=profiles)
    offer_profile(server, "broken")
    notebook = Notebook(server)
    with pytest.raises(HttpError) as caught:
        Notebook(server, kernel="broken")
    assert "ErrImageNeverPull" in caught.value.body["message"]
    assert notebook.run("print('lives')") == "lives\n"
    notebook.socket.close()
    server.stop()
    until(lambda: not namespace.drivers(notebook.kernel_id), "the pod is gone")
