"""The Kubernetes objects of one kernel, as plain dicts; pure. One Pod, and one Secret that the Pod owns.
An executor's pod is made by Spark from the template that is built here too.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from ..models import layout
from .merge import merge
from .names import all_annotations, all_labels
from .network import exempt_from_proxy, trust_env

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..models.driver import DriverSpec, JsonObject, Role, RoleName

_PRIVATE = 0o444  # one uid lives in each pod; a group of the pod (fsGroup) would chown every shared volume
_GRACE_S = 3
_EXECUTOR_FILES = ("executor.py", "installed.py", "spark.secret", "passwd", "group")
_TRUST_FILES = ("ca-bundle.pem", "truststore.jks")


def driver_pod(spec: DriverSpec, files: Iterable[str], env: Mapping[str, str]) -> JsonObject:
    """The driver pod. ``files`` are the Secret's, by name; ``env`` is what its start script needs; ``spec.env`` wins."""
    container = _container(spec, "driver", env)
    memory = f"{spec.driver.memory.total}Mi"
    limits = {"memory": memory} | ({"cpu": spec.driver.cpu_limit} if spec.driver.cpu_limit else {})
    container.update(
        image=spec.image,
        command=["python3", f"{layout.LAUNCH_DIR}/start.py"],
        resources={"requests": {"cpu": spec.driver.cpu, "memory": memory}, "limits": limits},
    )
    if spec.image_pull_policy:
        container["imagePullPolicy"] = spec.image_pull_policy
    container["env"].append({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    metadata = _metadata(spec, "driver")
    # An evicted driver is a lost notebook.
    metadata["annotations"] |= {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
    }
    metadata |= {"name": spec.pod_name, "namespace": spec.namespace}
    if spec.owner is not None:
        metadata["ownerReferences"] = [owner_reference(spec.owner.name, spec.owner.uid)]
    pod: JsonObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            **_pod_spec(spec, spec.driver, list(files)),
            "restartPolicy": "Never",
            "containers": [container],
        },
    }
    if spec.image_pull_secrets:
        pod["spec"]["imagePullSecrets"] = [{"name": name} for name in spec.image_pull_secrets]
    return _completed(pod, spec.driver)


def executor_template(spec: DriverSpec) -> JsonObject:
    """The pod template that Spark completes: it adds image, resources, environment and owner, and appends ``executor`` to
    the command.
    """
    container = _container(spec, "executor", {})
    container["command"] = ["python3", f"{layout.LAUNCH_DIR}/executor.py"]
    template = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(spec, "executor"),
        "spec": {
            **_pod_spec(spec, spec.executor, [*_EXECUTOR_FILES, *(_TRUST_FILES if spec.ca_bundle else ())]),
            "automountServiceAccountToken": False,
            "containers": [container],
        },
    }
    return _completed(template, spec.executor)


def launch_secret(spec: DriverSpec, files: Mapping[str, str | bytes], pod_uid: str) -> JsonObject:
    """The Secret with the kernel's files, owned by its pod: whoever deletes the pod deletes it."""
    secret: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            **_metadata(spec, "driver"),
            "name": spec.pod_name,
            "namespace": spec.namespace,
            "ownerReferences": [owner_reference(spec.pod_name, pod_uid)],
        },
        "immutable": True,
        "stringData": {key_of(name): text for name, text in files.items() if isinstance(text, str)},
    }
    if encoded := {key_of(name): b64encode(data).decode() for name, data in files.items() if isinstance(data, bytes)}:
        secret["data"] = encoded
    return secret


def owner_reference(name: str, uid: str) -> JsonObject:
    """The reference that makes an object end with pod ``name``."""
    return {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}


def key_of(file_name: str) -> str:
    """A Secret's key for a file name: keys hold no slash."""
    return file_name.replace("/", "__")


def _completed(pod: JsonObject, role: Role) -> JsonObject:
    """``pod`` with the administrator's addition, and what follows from both."""
    merged: JsonObject = merge(pod, role.pod_extra)
    exempt_from_proxy(merged["spec"]["containers"][0])
    return merged


def _metadata(spec: DriverSpec, role: RoleName) -> JsonObject:
    return {"labels": all_labels(spec, role), "annotations": all_annotations(spec)}


def _pod_spec(spec: DriverSpec, role: Role, files: list[str]) -> JsonObject:
    security: JsonObject = {
        "runAsNonRoot": True,
        "runAsUser": spec.uid,
        "runAsGroup": spec.gid,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if spec.supplemental_groups:
        security["supplementalGroups"] = list(spec.supplemental_groups)
    items = [{"key": key_of(name), "path": name} for name in sorted(files)]
    pod: JsonObject = {
        "serviceAccountName": role.service_account,
        "securityContext": security,
        "terminationGracePeriodSeconds": _GRACE_S,
        # A Service called "spark-driver" would become SPARK_DRIVER_PORT in each container.
        "enableServiceLinks": False,
        "volumes": [
            {
                "name": "sparkk8s-launch",
                "secret": {"secretName": spec.pod_name, "items": items, "defaultMode": _PRIVATE},
            },
            {"name": "sparkk8s-home", "emptyDir": {}},
            {"name": "sparkk8s-tmp", "emptyDir": {}},
            *({"name": volume.name, **volume.source} for volume in spec.unique_sources()),
        ],
    }
    if spec.node_selector:
        pod["nodeSelector"] = dict(spec.node_selector)
    if spec.tolerations:
        pod["tolerations"] = list(spec.tolerations)
    return pod


def _container(spec: DriverSpec, role: RoleName, env: Mapping[str, str]) -> JsonObject:
    home = {"HOME": layout.HOME, "HADOOP_USER_NAME": spec.user_label, "USER": spec.user_label}
    writable = [
        {"name": "sparkk8s-home", "mountPath": layout.HOME},
        {"name": "sparkk8s-tmp", "mountPath": layout.SCRATCH},
    ]
    taken = {volume.mount["mountPath"] for volume in spec.volumes}
    return {
        "name": role,
        "workingDir": layout.HOME,
        "env": [
            {"name": name, "value": _literal(value)} for name, value in {**home, **env, **trust_env(spec), **spec.env}.items()
        ],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "sparkk8s-launch", "mountPath": layout.LAUNCH_DIR, "readOnly": True},
            {"name": "sparkk8s-launch", "mountPath": "/etc/passwd", "subPath": "passwd", "readOnly": True},
            {"name": "sparkk8s-launch", "mountPath": "/etc/group", "subPath": "group", "readOnly": True},
            *(mount for mount in writable if mount["mountPath"] not in taken),
            *(
                {"name": volume.name, **volume.mount, **({"readOnly": True} if volume.read_only[role] else {})}
                for volume in spec.volumes
            ),
        ],
    }


def _literal(value: str) -> str:
    """An environment variable's value that the kubelet leaves as it is: it expands ``$(NAME)``, and makes one ``$`` of two."""
    return value.replace("$", "$$")
