"""Starts that fail on the real cluster: what is asked for, and the objects that this needs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.cluster import record_scenes
from tests.cluster.spark_pods import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.cluster.environment import Namespace

Object = dict[str, Any]
GRACE_S = 2.0
REGISTRY = record_scenes.REGISTRY
PACKAGES = "/opt/python/lib/python3.11/site-packages"  # of the reference image
_SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
# A file of another processor's machine code (s390x), called python3.
_FOREIGN = (
    "import os; file = os.open('/foreign/python3', os.O_CREAT | os.O_WRONLY, 0o755); "
    "os.write(file, b'\\x7fELF\\x02\\x02\\x01' + bytes(9) + b'\\0\\x02\\0\\x16' + bytes(100))"
)


def volume(name: str, **source: Any) -> Object:
    """A volume at /data."""
    return {"volumes": [{"name": name, "mountPath": "/data", **source}]}


def claim(name: str) -> Object:
    """A claim at /data."""
    return volume("data", persistentVolumeClaim={"claimName": name})


def extra(**spec: Any) -> Object:
    """Of the pod."""
    return {"driver_pod_extra": {"spec": spec}}


def container(**fields: Any) -> Object:
    """Of the kernel's container."""
    return extra(containers=[{"name": "driver", **fields}])


def before(image: str, code: list[str], **fields: Any) -> Object:
    """A container that runs before the kernel's."""
    return {"name": "prepare", "image": image, "command": code, "securityContext": _SAFE, **fields}


def without(package: str) -> Object:
    """The image without one of its packages."""
    mount = {"name": "nothing", "mountPath": f"{PACKAGES}/{package}"}
    return extra(volumes=[{"name": "nothing", "emptyDir": {}}], containers=[{"name": "driver", "volumeMounts": [mount]}])


def profiles(image: str, pause: str) -> dict[str, tuple[Object, float, list[str]]]:
    """By name: the profile's settings, how long Kubernetes' word is given to heal (seconds), and words of the text."""
    foreign = {"name": "foreign", "mountPath": "/foreign"}
    return {
        "image-never": (
            {"image": "localhost/none:1", "image_pull_policy": "Never"},
            0,
            ["not on the node", "ErrImageNeverPull"],
        ),
        "image-malformed": ({"image": "Not/A Valid:Image:1"}, 0, ["name is malformed", "InvalidImageName"]),
        "image-missing": ({"image": f"{REGISTRY}/missing:1"}, 0, ["missing:1 does not exist", "ErrImagePull"]),
        "image-private": ({"image": f"{REGISTRY}/secret:1"}, 0, ["it is private, or its name is wrong", "image_pull_secrets"]),
        "image-no-pull-secret": (
            {"image": f"{REGISTRY}/secret:2", "image_pull_secrets": ["gone"]},
            0,
            ["The pull secret gone does not exist", "ErrImagePull"],
        ),
        "image-platform": ({"image": f"{REGISTRY}/platform:1"}, 0, ["is not made for the node's processor"]),
        "no-python": ({"image": pause}, 0, ["The image has no python3", "StartError"]),
        "no-ipykernel": (without("ipykernel"), 0, ["The image has no ipykernel", "Use an image with"]),
        "no-pyspark-no-java": (
            {"session": "lazy", "env": {"JAVA_HOME": "/nowhere"}, **without("pyspark")},
            0,
            ["The image has no pyspark and no Java", "Use an image with"],
        ),
        "wrong-processor": (
            {
                "env": {"PATH": "/foreign:/bin"},
                **extra(
                    volumes=[{"name": "foreign", "emptyDir": {}}],
                    initContainers=[before(image, ["/opt/python/bin/python3", "-c", _FOREIGN], volumeMounts=[foreign])],
                    containers=[{"name": "driver", "volumeMounts": [foreign]}],
                ),
            },
            0,
            ["made for another kind of processor", "exec format error"],
        ),
        "ends-at-once": ({"env": {"PYTHONHOME": "/nowhere"}}, 0, ["before it answered: exit code 1", "named 'encodings'"]),
        "hook-fails": (container(lifecycle={"postStart": {"exec": {"command": ["false"]}}}), 0, ["postStart", "PostStartHook"]),
        "init-fails": (
            extra(initContainers=[before(image, ["sh", "-c", "echo no data today; exit 3"])]),
            0,
            ["The container prepare, which runs before the kernel's, failed: exit code 3", "no data today", "driver_pod_extra"],
        ),
        "claim-missing": (claim("gone"), 0, ["The claim gone does not exist"]),
        "claim-no-class": (claim("no-class"), 0, ["the storage class no-such-class, which does not exist"]),
        "claim-pending": (claim("pending"), GRACE_S, ["The claim pending has no volume yet"]),
        "claim-mode": (claim("mode"), 0, ["does not fit its volume", "access mode ReadWriteMany"]),
        "claim-for-one-pod": (
            {"session": "lazy", **claim("alone")},
            0,
            ["The claim alone lets one pod alone use it (ReadWriteOncePod)"],
        ),
        "claim-deleted": (claim("deleted"), 0, ["The claim deleted is being deleted"]),
        "mount-path": (claim("path"), 0, ["(claim path): /none on the node is not a directory", "hostPath type check failed"]),
        "mount-secret": (volume("keys", secret={"secretName": "gone"}), 0, ["The Secret gone, which the volume keys holds"]),
        "mount-map": (volume("keys", configMap={"name": "gone"}), 0, ["The ConfigMap gone, which the volume keys holds"]),
        "variable-secret": (
            container(env=[{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "a"}}}]),
            0,
            ["The Secret gone, which the container's environment asks for", "CreateContainerConfigError"],
        ),
        "seccomp": (
            container(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "none.json"}}),
            0,
            ["does not have the seccomp profile"],
        ),
        "node-refuses": (
            container(securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": "none"}}),
            0,
            ["The node refused the pod", "AppArmor"],
        ),
        "memory": ({"driver_memory": "900Gi"}, GRACE_S, ["too little memory (the pod asks for 900Gi", "Insufficient memory"]),
        "gpu": (
            container(resources={"limits": {"nvidia.com/gpu": "1"}}),
            GRACE_S,
            ["too little nvidia.com/gpu (the pod asks for 1"],
        ),
        "selector": ({"node_selector": {"disk": "fast"}}, GRACE_S, ["no node has the labels that the pod", "(disk=fast)"]),
        "account": (
            {"driver_service_account": "nobody"},
            0,
            ["service account nobody does not exist", "jupyter sparkk8s rbac"],
        ),
        "security": (extra(hostNetwork=True), 0, ["Pod Security level (restricted:latest) refuses", "host namespaces"]),
        "priority": (extra(priorityClassName="none"), 0, ["The priority class none does not exist"]),
        "runtime": (extra(runtimeClassName="none"), 0, ["The runtime class none does not exist"]),
        "unknown-field": (
            extra(affinity={"nodeAffinty": {}}),
            0,
            ["does not know the field spec.affinity.nodeAffinty", "strict decoding error"],
        ),
        "policy": ({"labels": {"trial": "policy"}}, 0, ["A policy of this cluster refuses the pod", "Name a project."]),
        "webhook": ({"labels": {"trial": "webhook"}}, 0, ["admission webhook check.example.org", "failed calling webhook"]),
    }


@contextmanager
def registry(namespace: Namespace, image: str) -> Iterator[str]:
    """A registry that refuses, on the node, in a namespace of its own; that one's name."""
    name = f"{namespace.name}-registry"
    namespace.core.create_namespace({"metadata": {"name": name}})
    try:
        until(lambda: namespace.core.list_namespaced_service_account(name).items, "the registry's account")
        for item in record_scenes.registry(image):
            namespace.core.create_namespaced_pod(name, item)
        running = lambda: namespace.core.read_namespaced_pod("registry", name).status.phase == "Running"  # noqa: E731
        until(running, "the registry runs")
        # A pull that comes too early is made again after ten seconds.
        until(lambda: "ready" in namespace.core.read_namespaced_pod_log("registry", name), "the registry listens")
        yield name
    finally:
        namespace.core.delete_namespace(name, grace_period_seconds=0)
        until(lambda: not namespace.core.list_namespaced_pod(name).items, "the registry's port is free")


def objects(namespace: Namespace) -> Iterable[Object]:
    """What the profiles need beside themselves, in the order of its making; volumes and policies belong to no namespace."""
    name, here = namespace.name, {"kubernetes.io/metadata.name": namespace.name}
    core, admission = {"apiVersion": "v1"}, {"apiVersion": "admissionregistration.k8s.io/v1"}

    def of_volume(title: str, mode: str, path: Object) -> Object:
        spec = {"capacity": {"storage": "1Gi"}, "accessModes": [mode], "storageClassName": "", "hostPath": path}
        if title == "path":  # bound by force, so that no other claim takes it; the mode would not be looked at
            spec["claimRef"] = {"namespace": name, "name": title}
        return core | {"kind": "PersistentVolume", "metadata": {"name": f"{name}-{title}"}, "spec": spec}

    def of_claim(title: str, storage_class: str, **spec: Any) -> Object:
        wanted = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
        metadata = {"name": title, "namespace": name} | ({"finalizers": ["example.org/held"]} if title == "deleted" else {})
        return core | {
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
            "spec": {**wanted, "storageClassName": storage_class, **spec},
        }

    yield of_volume("mode", "ReadWriteOnce", {"path": "/tmp"})
    yield of_volume("path", "ReadWriteMany", {"path": "/none", "type": "Directory"})
    yield of_claim("no-class", "no-such-class")
    yield of_claim("pending", "")
    yield of_claim("alone", "", accessModes=["ReadWriteOncePod"])
    yield of_claim("deleted", "no-such-class")
    yield of_claim("mode", "", volumeName=f"{name}-mode")
    yield of_claim("path", "", volumeName=f"{name}-path")
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    yield admission | {
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [pods],
                "namespaceSelector": {"matchLabels": here},
                "objectSelector": {"matchLabels": {"trial": "policy"}},
            },
            "validations": [{"expression": "false", "message": "Name a project."}],
        },
    }
    yield admission | {
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    hook = {
        "name": "check.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "clientConfig": {"url": "https://127.0.0.1:5098/check"},
        "namespaceSelector": {"matchLabels": here},
        "objectSelector": {"matchLabels": {"trial": "webhook"}},
        "rules": [pods],
    }
    yield admission | {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}, "webhooks": [hook]}
