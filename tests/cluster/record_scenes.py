"""What a scene of a recording is, the pod that all of them change, and how to see that Kubernetes has said its word."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
# A registry on the node's loopback address: containerd asks it without TLS, and only pods of this node see it. Each process
# of a test run has its own.
PORT = 5099 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
NAMESPACE = "sparkk8s-recording"
REGISTRY = f"localhost:{PORT}"
# Kinds that belong to no namespace.
PLURALS = {
    "PersistentVolume": "persistentvolumes",
    "StorageClass": "storageclasses",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
}
_CODE = f"""
import hashlib, http.server, json, time
ANSWERS = {{
    "missing": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "secret": (401, "UNAUTHORIZED", "authentication required"),
    "busy": (429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
    "broken": (503, "UNAVAILABLE", "try later"),
    "denied": (403, "DENIED", "requested access to the resource is denied"),
}}
# One image, for another kind of processor.
INDEX = json.dumps({{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
    {{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 100, "digest": "sha256:" + 64 * "0",
      "platform": {{"os": "linux", "architecture": "s390x"}}}}]}}).encode()
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.split("/")[2]
        if name == "slow":
            time.sleep(8)
        status, code, message = ANSWERS.get(name, (404, "NAME_UNKNOWN", "repository name not known to registry"))
        body = json.dumps({{"errors": [{{"code": code, "message": message}}]}}).encode()
        kind = "application/json"
        if name == "platform":
            status, body, kind = 200, INDEX, "application/vnd.oci.image.index.v1+json"
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic realm=registry")
        if status == 200:
            self.send_header("Docker-Content-Digest", "sha256:" + hashlib.sha256(INDEX).hexdigest())
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
    do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(("127.0.0.1", {PORT}), Registry)
print("ready", flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Refusal:
    """A request that Kubernetes refuses. ``before`` is made first and deleted after; the namespace has ``labels``."""

    name: str
    path: str = "/api/v1/namespaces/{namespace}/pods"
    method: str = "POST"
    body: Object | None = None
    headers: dict[str, str] | None = None
    before: Sequence[Object] = ()
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pod:
    """A pod that does not come to run (or does, with something that looks like a failure). ``seen`` is given the pod and its
    events; ``spec`` and ``container`` are changes to a pod that would run.
    """

    name: str
    seen: Callable[[Object, list[Object]], bool]
    spec: Object = field(default_factory=dict)
    container: Object = field(default_factory=dict)
    before: Sequence[Object] = ()
    later: Sequence[Object] = ()


def pod(name: str, image: str, spec: Object | None = None, container: Object | None = None) -> Object:
    """A pod that runs for ever, changed."""
    driver = {
        "name": "driver",
        "image": image,
        "command": ["python3", "-c", "import time; time.sleep(600)"],
        **(container or {}),
    }
    base = {"restartPolicy": "Never", "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0}
    more = [{"image": image, **item} for item in (spec or {}).get("containers", [])]
    first = [{"image": image, **item} for item in (spec or {}).get("initContainers", [])]
    whole = base | (spec or {}) | {"containers": [driver, *more]} | ({"initContainers": first} if first else {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": whole}


def registry(image: str) -> list[Object]:
    """The registry's pod."""
    return [
        pod(
            "registry",
            image,
            {"hostNetwork": True},
            {"command": ["python3", "-c", _CODE], "ports": [{"containerPort": PORT, "hostPort": PORT}]},
        )
    ]


def waits_for(*reasons: str) -> Callable[[Object, list[Object]], bool]:
    """A container waits with one of these reasons."""
    return lambda pod, _: any(
        status["state"].get("waiting", {}).get("reason") in reasons for status in pod["status"].get("containerStatuses", [])
    )


def ended(pod: Object, _: list[Object]) -> bool:
    """The driver's container has ended."""
    return any(
        status["name"] == "driver" and "terminated" in status["state"] for status in pod["status"].get("containerStatuses", [])
    )


def runs(pod: Object, _: list[Object]) -> bool:
    """The driver's container runs, and all others have ended."""
    statuses = [*pod["status"].get("containerStatuses", []), *pod["status"].get("initContainerStatuses", [])]
    states = {status["name"]: next(iter(status["state"]), "") for status in statuses}
    return states.pop("driver", "") == "running" and set(states.values()) <= {"terminated"}


def unschedulable(pod: Object, _: list[Object]) -> bool:
    """The scheduler has said no."""
    return any(condition.get("reason") == "Unschedulable" for condition in pod["status"].get("conditions", []))


def said(*reasons: str) -> Callable[[Object, list[Object]], bool]:
    """There are events with all of these reasons."""
    return lambda _, events: {*reasons} <= {event["reason"] for event in events}


def failed(pod: Object, _: list[Object]) -> bool:
    """The pod as a whole has failed."""
    return bool(pod["status"].get("phase") == "Failed")


def asking(**resources: str) -> Object:
    """A container's part that asks for these, and is limited to them."""
    return {"resources": {"requests": resources, "limits": resources}}


def said_of_claim(*reasons: str) -> Callable[[Object, list[Object]], bool]:
    """The scheduler has said no, and there is an event about a claim with one of these reasons."""
    return lambda pod, events: unschedulable(pod, events) and any(event["reason"] in reasons for event in events)
