"""The limit for a kernel in a pod: a pod with ipykernel and nothing else, started by the shortest code that waits properly.
Uses nothing of jupyter_sparkk8s.
"""

from __future__ import annotations

import json
import socket
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_client.blocking.client import BlockingKernelClient
from kubernetes import client, config, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._launchers import Place

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
PORTS = dict(zip((f"{channel}_port" for channel in CHANNELS), range(20000, 20005), strict=True))
# ipykernel writes its connection file anew, so that it must lie where it may; the pod's user has no home in the image.
COMMAND = 'printf %s "$CONNECTION" >/tmp/connection.json && exec python3 -m ipykernel_launcher -f /tmp/connection.json'
GREETING_LENGTH = 64
ANSWER_S = 60.0


def pod(place: Place, name: str, connection: dict[str, Any]) -> dict[str, Any]:
    """The pod: image, node and resources are those of the other rows."""
    requests = {"cpu": place.cpu, "memory": place.memory}
    environment = {"CONNECTION": json.dumps(connection), "HOME": "/tmp"}
    container = {
        "name": "kernel",
        "image": place.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", COMMAND],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": {"requests": requests, "limits": {"memory": place.memory}},
    }
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "nodeSelector": place.node_selector,
        "containers": [container],
    }
    return {"metadata": {"name": name, "namespace": place.namespace}, "spec": spec}


class BareLauncher:
    """Starts one bare pod at a time."""

    def __init__(self, place: Place) -> None:
        config.load_kube_config(place.kubeconfig)
        self._place, self._core = place, client.CoreV1Api()

    def launch(self) -> float:
        """Seconds from the start to ``kernel_info_reply``; the pod is being deleted then."""
        begun = time.perf_counter()
        with self.started():
            return time.perf_counter() - begun

    @contextmanager
    def started(self, more: Callable[[dict[str, Any]], None] = lambda _: None) -> Iterator[BlockingKernelClient]:
        """A kernel that has answered ``kernel_info``; ``more`` may change its pod. Ended afterwards."""
        name, key = f"bare-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        connection = {"transport": "tcp", "ip": "0.0.0.0", "key": key, "signature_scheme": "hmac-sha256", **PORTS}
        body = pod(self._place, name, connection)
        more(body)
        made = self._core.create_namespaced_pod(self._place.namespace, body)
        kernel = BlockingKernelClient()
        try:
            address = self._running(name, made.metadata.resource_version)
            for channel in ("iopub", "shell"):
                _await_greeting(address, PORTS[f"{channel}_port"])
            info: Any = {**connection, "key": key.encode(), "ip": address}
            kernel.load_connection_info(info)
            kernel.start_channels(stdin=False, hb=False)
            kernel.kernel_info()
            reply = kernel.get_shell_msg(timeout=ANSWER_S)
            assert reply["msg_type"] == "kernel_info_reply", reply
            yield kernel
        finally:
            kernel.stop_channels()
            self._core.delete_namespaced_pod(name, self._place.namespace)

    def close(self) -> None:
        """Nothing is shared between launches but the API client's connections."""
        self._core.api_client.close()

    def _running(self, name: str, version: str) -> str:
        """The address of the pod, once it runs."""
        events = watch.Watch().stream(
            self._core.list_namespaced_pod,
            self._place.namespace,
            field_selector=f"metadata.name={name}",
            resource_version=version,
            timeout_seconds=int(ANSWER_S),
        )
        for event in events:
            status = event["object"].status
            assert status.phase in ("Pending", "Running"), f"the bare pod is {status.phase}: {status}"
            if status.phase == "Running" and status.pod_ip:
                return str(status.pod_ip)
        raise AssertionError(f"the bare pod did not run within {ANSWER_S:.0f} s")


def _await_greeting(address: str, port: int) -> None:
    """Return when a ZMTP socket greets at ``port`` (ZMTP 3.1, section 3.1)."""
    until = time.perf_counter() + ANSWER_S
    while time.perf_counter() < until:
        try:
            with socket.create_connection((address, port), timeout=2) as stream:
                stream.sendall(b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01")
                if len(stream.recv(GREETING_LENGTH, socket.MSG_WAITALL)) == GREETING_LENGTH:
                    return
        except OSError:
            pass
        time.sleep(0.005)
    raise AssertionError(f"the bare pod's kernel did not greet within {ANSWER_S:.0f} s")
