"""The starts that fail, one after the other: what to ask for, and when Kubernetes has said what is to be recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
# A registry on the node's loopback address: containerd asks it without TLS, and only pods of this node see it.
PORT = 5099
REGISTRY = f"localhost:{PORT}"
_CODE = f"""
import http.server, json, time
ANSWERS = {{
    "missing": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "secret": (401, "UNAUTHORIZED", "authentication required"),
    "busy": (429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
    "broken": (503, "UNAVAILABLE", "try later"),
}}
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.split("/")[2]
        if name == "slow":
            time.sleep(8)
        status, code, message = ANSWERS.get(name, (404, "NAME_UNKNOWN", "repository name not known to registry"))
        body = json.dumps({{"errors": [{{"code": code, "message": message}}]}}).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic realm=registry")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
    do_HEAD = do_GET
http.server.ThreadingHTTPServer(("127.0.0.1", {PORT}), Registry).serve_forever()
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
    return [pod("registry", image, {"hostNetwork": True}, {"command": ["python3", "-c", _CODE]})]


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


def _secret_volume(name: str) -> Object:
    return {"volumes": [{"name": "launch", "secret": {"secretName": name}}]}


_MOUNT = {"volumeMounts": [{"name": "launch", "mountPath": "/launch"}]}
_CLAIM = {"volumes": [{"name": "launch", "persistentVolumeClaim": {"claimName": "gaia"}}]}
_EAT = "data = [bytearray(1 << 20) for _ in range(1000)]"
_META = {"apiVersion": "v1"}


def _quota(**hard: str) -> Object:
    return _META | {
        "kind": "ResourceQuota",
        "metadata": {"name": "team"},
        "spec": {"hard": {k.replace("_", "."): v for k, v in hard.items()}},
    }


def _asking(**resources: str) -> Object:
    return {"resources": {"requests": resources, "limits": resources}}


def _login(name: str) -> dict[str, str]:
    return {"Impersonate-User": f"system:serviceaccount:sparkk8s-recording:{name}"}


_LARGE = pod("large", "localhost/spark:test", {}, _asking(cpu="1", memory="200Mi"))
_LEVEL = {"pod-security.kubernetes.io/enforce": "restricted"}
_LIMITS = {"limits": [{"type": "Container", "max": {"memory": "100Mi"}}]}

ALL: list[Refusal | Pod] = [
    Refusal("quota", body=_LARGE, before=[_quota(requests_memory="100Mi")]),
    Refusal("quota-wants-limits", body=pod("small", "x"), before=[_quota(limits_memory="100Mi")]),
    Refusal("limit-range", body=_LARGE, before=[_META | {"kind": "LimitRange", "metadata": {"name": "team"}, "spec": _LIMITS}]),
    Refusal("may-not-create-pods", body=_LARGE, headers=_login("nobody")),
    Refusal("may-not-watch-pods", method="GET", headers=_login("nobody")),
    Refusal("may-not-read-a-log", path="/api/v1/namespaces/{namespace}/pods/large/log", method="GET", headers=_login("nobody")),
    Refusal("may-not-create-secrets", path="/api/v1/namespaces/{namespace}/secrets", body=_META, headers=_login("nobody")),
    Refusal("no-service-account", body=pod("p", "x", {"serviceAccountName": "spark-driver"})),
    Refusal("no-namespace", path="/api/v1/namespaces/no-such-namespace/pods", body=_LARGE),
    Refusal("namespace-ending", path="/api/v1/namespaces/{ending}/pods", body=_LARGE),
    Refusal("pod-security", body=_LARGE, labels=_LEVEL),
    Refusal("login-unknown", method="GET", headers={"authorization": "Bearer expired"}),
    Refusal("invalid", body=pod("p", "x", {}, {"volumeMounts": [{"name": "launch", "mountPath": "/a"}]})),
    Refusal("priority-class", body=pod("p", "x", {"priorityClassName": "no-such-class"})),
    Pod("unschedulable-cpu", unschedulable, container=_asking(cpu="1000")),
    Pod("unschedulable-selector", unschedulable, {"nodeSelector": {"disk": "fast"}}),
    Pod("claim-missing", unschedulable, _CLAIM, _MOUNT),
    Pod(
        "claim-pending",
        unschedulable,
        _CLAIM,
        _MOUNT,
        before=[
            _META
            | {
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "gaia"},
                "spec": {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": "no-such-class",
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            }
        ],
    ),
    *(
        Pod(
            f"image-{name}-{moment}",
            waits_for(reason),
            container={"image": f"{REGISTRY}/{name}:1", "imagePullPolicy": "Always"},
        )
        for name in ("missing", "secret", "busy", "broken")
        for moment, reason in (("first", "ErrImagePull"), ("later", "ImagePullBackOff"))
    ),
    Pod(
        "image-unreachable",
        waits_for("ErrImagePull"),
        container={"image": f"localhost:{PORT + 1}/spark:1", "imagePullPolicy": "Always"},
    ),
    Pod("image-never", waits_for("ErrImageNeverPull"), container={"image": "localhost/none:1", "imagePullPolicy": "Never"}),
    Pod("image-malformed", waits_for("InvalidImageName"), container={"image": "Spark 4"}),
    Pod(
        "no-such-secret-variable",
        waits_for("CreateContainerConfigError"),
        container={"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "none", "key": "a"}}}]},
    ),
    Pod(
        "root-refused",
        waits_for("CreateContainerConfigError"),
        container={"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
    ),
    Pod("mount-missing-secret", said("FailedMount"), _secret_volume("none"), _MOUNT),
    Pod(
        "mount-wrong-path",
        said("FailedMount"),
        {"volumes": [{"name": "launch", "hostPath": {"path": "/none", "type": "Directory"}}]},
        _MOUNT,
    ),
    Pod("out-of-memory", ended, container={"command": ["python3", "-c", _EAT], **_asking(memory="64Mi")}),
    Pod("no-python", ended, container={"command": ["python4"]}),
    Pod("python-not-executable", ended, container={"command": ["/etc/passwd"]}),
    Pod("no-working-directory", ended, container={"workingDir": "/etc/passwd/x"}),
    Pod("exit-at-once", ended, container={"command": ["python3", "-c", "import ipykernel_of_old"]}),
    Pod("not-found-by-the-shell", ended, container={"command": ["sh", "-c", "python4"]}),
    Pod(
        "evicted",
        failed,
        container={"command": ["sh", "-c", "dd if=/dev/zero of=/tmp/x bs=1M count=100; sleep 600"]}
        | {"resources": {"limits": {"ephemeral-storage": "10Mi"}}},
    ),
    Pod("deadline", failed, {"activeDeadlineSeconds": 1}),
    Pod("init-done", runs, {"initContainers": [{"name": "prepare", "command": ["true"]}]}),
    Pod("init-fails", failed, {"initContainers": [{"name": "prepare", "command": ["sh", "-c", "exit 3"]}]}),
    Pod(
        "init-image-missing",
        lambda pod, _: "ErrImageNeverPull" in str(pod["status"].get("initContainerStatuses")),
        {"initContainers": [{"name": "prepare", "image": "localhost/none:1", "imagePullPolicy": "Never"}]},
    ),
    Pod("sidecar-done", runs, {"containers": [{"name": "proxy", "command": ["true"]}]}),
    Pod("running", runs),
    # Last, since a node pulls one image after the other.
    Pod("image-pulling", said("Pulling"), container={"image": f"{REGISTRY}/slow:1", "imagePullPolicy": "Always"}),
    Pod(
        "mount-healed-image-pulling",
        said("FailedMount", "Pulling"),
        _secret_volume("late"),
        _MOUNT | {"image": f"{REGISTRY}/slow:2", "imagePullPolicy": "Always"},
        later=[_META | {"kind": "Secret", "metadata": {"name": "late"}, "stringData": {"a": "b"}}],
    ),
]
