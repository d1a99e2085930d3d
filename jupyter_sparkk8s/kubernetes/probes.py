"""The pods that `jupyter sparkk8s check` makes: those of a kernel, with other files in the Secret; pure."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

from ..models.layout import EXECUTOR_CONTAINER
from .manifests import driver_pod, executor_template, key_of, launch_secret, owner_reference
from .names import ROLE
from .rbac import DRIVER_RULES
from .reviews import access_reviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import DriverSpec, JsonObject


def probe_driver(spec: DriverSpec, files: Mapping[str, str], limit_s: float) -> JsonObject:
    """The driver's pod of the check. It ends by itself after ``limit_s`` seconds, whatever becomes of the check."""
    pod = driver_pod(spec, {**files, "probe.json": ""}, {"SPARKK8S_POD": spec.pod_name})
    pod["spec"]["activeDeadlineSeconds"] = int(limit_s)
    return pod


def probe_secret(spec: DriverSpec, files: Mapping[str, str], uid: str, limit_s: float) -> JsonObject:
    """Its Secret, with what it is to try: all rights of a driver, a pod that it does not own, and its executor's pod."""
    template = executor_template(spec)
    unowned = probe_executor(spec, "unowned", None)
    task = {
        "mounts": mount_paths(spec),
        "reviews": access_reviews(spec.namespace, DRIVER_RULES),
        "unowned": unowned,
        "executor": probe_executor(spec, "executor", uid),
        "limit_s": limit_s,
    }
    named = {item["key"] for volume in template["spec"]["volumes"] for item in volume.get("secret", {}).get("items", [])}
    secret = launch_secret(spec, {**files, "probe.json": json.dumps(task)}, uid)
    secret["stringData"] = dict.fromkeys(named, "") | secret["stringData"] | {key_of("executor.py"): files["start.py"]}
    return secret


def probe_executor(spec: DriverSpec, suffix: str, driver_uid: str | None) -> JsonObject:
    """An executor's pod as Spark makes it of the template."""
    pod = copy.deepcopy(executor_template(spec))
    pod["metadata"] |= {"name": f"{spec.pod_name}-{suffix}", "namespace": spec.namespace}
    if driver_uid is not None:
        pod["metadata"]["ownerReferences"] = [owner_reference(spec.pod_name, driver_uid)]
    container = next(each for each in pod["spec"]["containers"] if each["name"] == EXECUTOR_CONTAINER)
    container["image"] = spec.image
    if spec.image_pull_policy:
        container["imagePullPolicy"] = spec.image_pull_policy
    if spec.image_pull_secrets:
        pod["spec"]["imagePullSecrets"] = [{"name": name} for name in spec.image_pull_secrets]
    memory = f"{spec.executor.memory.total}Mi"
    resources = container.setdefault("resources", {})
    resources["requests"] = {**resources.get("requests", {}), "cpu": spec.executor.cpu, "memory": memory}
    limits = {"memory": memory} | ({"cpu": spec.executor.cpu_limit} if spec.executor.cpu_limit else {})
    resources["limits"] = {**resources.get("limits", {}), **limits}
    container["env"].append({"name": "SPARKK8S_PROBE_MOUNTS", "value": ":".join(mount_paths(spec))})
    pod["spec"]["restartPolicy"] = "Never"
    return pod


def probe_stranger(spec: DriverSpec, driver_uid: str, address: str) -> JsonObject:
    """A pod of no role, which a NetworkPolicy would keep away from the driver."""
    pod = probe_executor(spec, "stranger", driver_uid)
    del pod["metadata"]["labels"][ROLE]
    pod["spec"]["containers"][0]["env"].append({"name": "SPARKK8S_PROBE", "value": address})
    return pod


def mount_paths(spec: DriverSpec) -> list[str]:
    """Where the administrator's volumes are."""
    return [volume.mount["mountPath"] for volume in spec.volumes]
