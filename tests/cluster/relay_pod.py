"""A pod that holds nothing but the relay and an echo server, in a namespace of its own: what the port-forward's tests need."""

from __future__ import annotations

import os
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_sparkk8s.kubernetes.client import Cluster
from jupyter_sparkk8s.relay import pod_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RELAY, ECHO = 7000, 7001
# As the driver's first process does it: listen before anything is imported. Then an echo server on a thread of its own.
_START = f"""
import socket, sys
relay = socket.create_server(("127.0.0.1", {RELAY}))
import asyncio, os, threading
sys.path.insert(0, "/launch")
from relay.pod import run

async def echo(reader, writer):
    while True:
        data = await reader.read(1 << 18)
        if data == b"end of the container":
            os._exit(3)
        if not data:
            break
        writer.write(data)
        await writer.drain()
    writer.close()

async def serve():
    await asyncio.start_server(echo, "0.0.0.0", {ECHO}, limit=1 << 20)
    await asyncio.Event().wait()

threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
with open("/launch/token") as file:
    token = file.read()
run(relay, token, {{{ECHO}}})
"""
# Kubernetes calls a container Running only after this hook: then the relay listens, and the first stream is the only one.
_LISTENS = f"""
import socket, time
for attempt in range(1000):
    try:
        socket.create_connection(("127.0.0.1", {RELAY})).close()
        break
    except OSError:
        time.sleep(0.01)
"""


@dataclass
class RelayPod:
    """Where it is, and what it takes to be let in."""

    cluster: Cluster
    namespace: str
    name: str
    token: str
    address: str

    @property
    def path(self) -> str:
        """The pod's path in the API."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    async def delete(self) -> None:
        """Delete the pod at once."""
        await self.cluster.request("DELETE", self.path, body={"gracePeriodSeconds": 0})


@asynccontextmanager
async def namespace(cluster: Cluster) -> AsyncIterator[str]:
    """A clean namespace with the strictest Pod Security level; deleted at the end."""
    name = f"relay-test-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    await cluster.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name, "labels": labels}})
    try:
        yield name
    finally:
        await cluster.request("DELETE", f"/api/v1/namespaces/{name}")


def _pod(name: str) -> dict[str, Any]:
    items = [{"key": key, "path": f"relay/{key}"} for key in pod_files()]
    items += [{"key": key, "path": key} for key in ("start.py", "token")]
    return {
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 185,
                "fsGroup": 185,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "relay",
                    "image": os.environ["SPARKK8S_TEST_IMAGE"],
                    "imagePullPolicy": "IfNotPresent",
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                    "lifecycle": {"postStart": {"exec": {"command": ["python3", "-I", "-S", "-c", _LISTENS]}}},
                    "command": ["python3", "-I", "-S", "/launch/start.py"],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "launch", "mountPath": "/launch", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "launch", "secret": {"secretName": name, "items": items}}],
        },
    }


@asynccontextmanager
async def relay_pod(cluster: Cluster) -> AsyncIterator[RelayPod]:
    """The pod, from the moment it is Running."""
    async with namespace(cluster) as space:
        name, token = "driver-1", secrets.token_urlsafe(32)
        path = f"/api/v1/namespaces/{space}"
        files = {**pod_files(), "start.py": _START, "token": token}
        await cluster.request("POST", f"{path}/secrets", body={"metadata": {"name": name}, "stringData": files})
        await cluster.request("POST", f"{path}/pods", body=_pod(name))
        query = [("watch", "1"), ("fieldSelector", f"metadata.name={name}")]
        address = ""
        async for event in cluster.stream(f"{path}/pods", query, 60):
            status = event["object"]["status"]
            assert status["phase"] in ("Pending", "Running"), status
            if status["phase"] == "Running":
                address = status["podIP"]
                break
        yield RelayPod(cluster, space, name, token, address)
