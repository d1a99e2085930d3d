"""Pods that don't come to run, one after the other; those that no node takes are in ``record_waiting``."""

from __future__ import annotations

from tests.cluster.record_scenes import (
    PORT,
    REGISTRY,
    Object,
    Pod,
    asking,
    ended,
    failed,
    runs,
    said,
    waits_for,
)


def _secret_volume(name: str) -> Object:
    return _volume(secret={"secretName": name})


def _volume(**source: Object) -> Object:
    return {"volumes": [{"name": "launch", **source}]}


_META = {"apiVersion": "v1"}
_MOUNT = {"volumeMounts": [{"name": "launch", "mountPath": "/launch"}]}
_FOREIGN = """
import os
with os.fdopen(os.open("/launch/x", os.O_CREAT | os.O_WRONLY, 0o755), "wb") as file:
    file.write(b"\\x7fELF\\x02\\x02\\x01" + bytes(9) + b"\\0\\x02\\0\\x16" + bytes(100))
"""
_EAT = "data = [bytearray(1 << 20) for _ in range(1000)]"

PODS = [
    *(
        Pod(
            f"image-{name}-{moment}",
            waits_for(reason),
            container={"image": f"{REGISTRY}/{name}:1", "imagePullPolicy": "Always"},
        )
        for name in ("missing", "secret", "busy", "broken", "denied", "platform")
        for moment, reason in (("first", "ErrImagePull"), ("later", "ImagePullBackOff"))
    ),
    Pod(
        "image-unreachable",
        waits_for("ErrImagePull"),
        container={"image": f"localhost:{PORT + 1}/spark:1", "imagePullPolicy": "Always"},
    ),
    Pod(
        "image-no-registry",
        waits_for("ErrImagePull"),
        container={"image": "registry.invalid/spark:1", "imagePullPolicy": "Always"},
    ),
    Pod(
        "image-no-pull-secret",
        waits_for("ErrImagePull"),
        {"imagePullSecrets": [{"name": "none"}]},
        {"image": f"{REGISTRY}/secret:2", "imagePullPolicy": "Always"},
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
    Pod("mount-missing-map", said("FailedMount"), _volume(configMap={"name": "none"}), _MOUNT),
    Pod(
        "mount-missing-key",
        said("FailedMount"),
        _volume(secret={"secretName": "some", "items": [{"key": "none", "path": "a"}]}),
        _MOUNT,
        before=[_META | {"kind": "Secret", "metadata": {"name": "some"}, "stringData": {"a": "b"}}],
    ),
    Pod("mount-refused", said("FailedMount"), _volume(nfs={"server": "127.0.0.1", "path": "/none"}), _MOUNT),
    Pod("mount-no-plugin", said("FailedMount"), _volume(cephfs={"monitors": ["127.0.0.1:6789"]}), _MOUNT),
    Pod("mount-no-driver", said("FailedMount"), _volume(csi={"driver": "cephfs.csi.ceph.com"}), _MOUNT),
    Pod(
        "mount-no-folder",
        waits_for("CreateContainerConfigError"),
        _volume(hostPath={"path": "/proc"}),
        {"volumeMounts": [{"name": "launch", "mountPath": "/launch", "subPath": "none"}]},
    ),
    Pod(
        "no-seccomp-profile",
        waits_for("CreateContainerError"),
        container={"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "none.json"}}},
    ),
    Pod("node-refuses", failed, {"securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}}),
    Pod("hook-fails", failed, container={"lifecycle": {"postStart": {"exec": {"command": ["false"]}}}}),
    Pod("too-little-to-begin", said("FailedCreatePodSandBox"), container={"resources": {"limits": {"memory": "1Mi"}}}),
    Pod(
        "wrong-processor",
        ended,
        _volume(emptyDir={}) | {"initContainers": [{"name": "prepare", "command": ["python3", "-c", _FOREIGN], **_MOUNT}]},
        {"command": ["/launch/x"], **_MOUNT},
    ),
    Pod("out-of-memory", ended, container={"command": ["python3", "-c", _EAT], **asking(memory="64Mi")}),
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
