"""Lines out of what Kubernetes and the test pods answered; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...config.quantities import cores, parse_quantity
from ...errors import Cause, ConfigurationError
from ...kubernetes.causes import refusal_cause
from ...kubernetes.policy import WORDS
from .line import Line, of_cause, ok, unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from ...errors import ApiError
    from ...models.driver import DriverSpec, JsonObject

_LEAST = {"ipykernel": (7, 3), "pyspark": (3, 5)}
_IMAGE = "Use another image: it needs python3, ipykernel 7.4 or later, pyspark 3.5 or later and Java (docs/images.md)."
_DIFFERENT = "Driver and executors need the same image, or ones with the same Python and Spark."


def rights(who: str, missing: Sequence[str], count: int, namespace: str) -> Line:
    """``missing``: those of ``count`` rights that are not there, in words like "create pods"."""
    if not missing:
        return ok(f"rights of the {who}", f"all {count} of the printed Role")
    said = f"may not {', '.join(missing)} in namespace {namespace}."
    if len(missing) == count:
        said = f"none of the {count} that it needs in namespace {namespace}, if that exists at all."
    step = (
        f"Create the namespace if it is missing (kubectl create namespace {namespace}), then: " if len(missing) == count else ""
    )
    command = f"jupyter sparkk8s rbac --namespace {namespace} | kubectl apply -f -"
    return wrong(f"rights of the {who}", said, f"{step}{command}")


def admission(role: str, error: ApiError | None) -> list[Line]:
    """What a dry run of a role's pod says: the account, Pod Security, quota and limits, and what else guards the namespace."""
    if error is None:
        return [ok(f"{role} pod", "accepted by Pod Security, quota and limits, and admission policies (dry run)")]
    return [of_cause(f"{role} pod", error.cause)]


def claim(name: str, found: JsonObject | None, read_only: bool) -> Line:
    """``found``: the claim; None where there is none."""
    title = f"claim {name}"
    if found is None:
        return wrong(title, "does not exist.", "Correct c.SparkK8s.volumes, or create the claim.")
    if "deletionTimestamp" in found["metadata"]:
        return wrong(title, "is being deleted.", "Name another in c.SparkK8s.volumes.")
    phase, modes = found.get("status", {}).get("phase", "Pending"), found["spec"].get("accessModes", [])
    if phase != "Bound":
        kind = found["spec"].get("storageClassName") or "none"
        said = f"is {phase}, not Bound (storage class: {kind})."
        return wrong(title, said, f"`kubectl describe pvc {name}` says what it waits for.")
    if "ReadWriteMany" in modes or ("ReadOnlyMany" in modes and read_only):
        return ok(title, f"Bound, {', '.join(modes)}")
    if modes == ["ReadOnlyMany"]:
        return wrong(
            title, "can only be read (ReadOnlyMany), and is not readOnly.", "Set 'readOnly': True in c.SparkK8s.volumes."
        )
    said = f"is {', '.join(modes)}: one node or one pod can use it, and driver and executors are several."
    return wrong(title, said, "Use a claim with ReadWriteMany (or ReadOnlyMany with 'readOnly': True).")


def quota(quotas: Sequence[JsonObject], spec: DriverSpec) -> Line:
    """Whether a whole kernel, driver and least executors, still fits into the namespace's quotas."""
    count = spec.executor_instances
    needs: dict[str, Decimal | int] = {
        "pods": 1 + count,
        "requests.memory": (spec.driver.memory.total + count * spec.executor.memory.total) * 2**20,
        "requests.cpu": cores(spec.driver.cpu, trait="driver_cpu") + count * cores(spec.executor.cpu, trait="executor_cpu"),
    }
    needs |= {"limits.memory": needs["requests.memory"], "memory": needs["requests.memory"], "cpu": needs["requests.cpu"]}
    for found in quotas:
        name, status = found["metadata"]["name"], found.get("status", {})
        for key, limit in status.get("hard", {}).items():
            used = status.get("used", {}).get(key, "0")
            left = _left(limit, used) if key in needs else None
            if left is not None and left < needs[key]:
                said = f"{name} has no room for a driver and {count} executors ({key}: {used} of {limit} used)."
                return wrong("quota", said, "Raise the quota, ask for less in c.SparkK8s, or stop other kernels.")
    return ok("quota", f"a driver and {count} executors fit" if quotas else "the namespace has none")


def _left(limit: str, used: str) -> Decimal | None:
    try:
        return parse_quantity(limit, trait="quota") - parse_quantity(used, trait="quota")
    except ConfigurationError:  # 1e3, 500u: Kubernetes knows more forms
        return None


def image(report: Mapping[str, Any], name: str) -> Line:
    """What the image has: ``report`` is a test pod's."""
    found: dict[str, str] = report["versions"]
    said = ", ".join(f"{what} {version}" for what, version in found.items())
    missing = [what for what in ("ipykernel", "pyspark", "Java") if what not in found]
    old = [what for what, least in _LEAST.items() if what in found and _numbers(found[what]) < least]
    if missing or old:
        fault = "; ".join(
            [*([f"no {', no '.join(missing)}"] if missing else []), *([f"{', '.join(old)} too old"] if old else [])]
        )
        return wrong("image", f"{name} has {fault} ({said}).", _IMAGE)
    return ok("image", f"{name}: {said}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def same_image(driver: Mapping[str, Any], executor: Mapping[str, Any]) -> list[Line]:
    """Nothing, or that the two can't work together: an administrator's template may name another image."""
    seen = [(each["versions"].get("pyspark"), each["versions"]["Python"].rsplit(".", 1)[0]) for each in (driver, executor)]
    if seen[0] == seen[1]:
        return []
    said = f"the driver has Spark {seen[0][0]} and Python {seen[0][1]}, executors have {seen[1][0]} and {seen[1][1]}."
    return [wrong("image of executors", said, _DIFFERENT)]


def mounts(role: str, report: Mapping[str, Any], spec: DriverSpec) -> list[Line]:
    """What each volume allows in a role's pod."""
    lines = []
    for volume in spec.volumes:
        path = volume.mount["mountPath"]
        seen, title = report["mounts"].get(path, ""), f"volume {path} in the {role}"
        if seen not in ("read", "write"):
            step = "Have the share mended, or name the group that may use it in c.SparkK8s.supplemental_groups."
            lines.append(wrong(title, f"can't be used: {seen}", step))
        elif seen == "read" and not volume.read_only[role]:  # type: ignore[index]
            step = (
                "If it should be: give its folder to a group and name that in c.SparkK8s.supplemental_groups. "
                "If not: set 'readOnly': True."
            )
            lines.append(unknown(title, "can be read, not written, and is not readOnly.", step))
        else:
            lines.append(ok(title, "can be written" if seen == "write" else "can be read"))
    return lines


def policy(report: Mapping[str, Any], server_inside: bool, spec: DriverSpec) -> Line:
    """Whether the admission policy is in force: a driver's dry run of a pod that it does not own."""
    name, refused = "admission policy", report["unowned"]
    step = f"As a cluster administrator: jupyter sparkk8s rbac --namespace {spec.namespace} --policy | kubectl apply -f -"
    if WORDS in refused:
        return ok(name, "in force: a driver may change only what it owns")
    if refused:
        return unknown(name, f"a pod that no driver owns was refused by something else: {refused}", step)
    if server_inside:
        said = "none, and a Jupyter server lives in the kernels' namespace: a notebook could start pods with its account."
        return wrong(name, said, f"{step} (or move the server to a namespace of its own)")
    return ok(name, "none: the namespace is one trust domain, right for one user or for users who trust each other")


def executor(report: Mapping[str, Any]) -> list[Line]:
    """What an executor's test pod found."""
    lines = [ok("network", "executors reach the driver")]
    if report["called"]:
        step = "Let pods of the namespace talk to each other: look at its NetworkPolicies and the cluster's network."
        lines = [wrong("network", f"an executor does not reach the driver: {report['called']}", step)]
    if report["token"]:
        step = "Set automountServiceAccountToken: false in c.SparkK8s.executor_pod_extra's spec, or on the account."
        lines.append(wrong("rights of executors", "they are given a token of their account, and need none.", step))
    else:
        lines.append(ok("rights of executors", "none, and no token"))
    return lines


def executor_refused(message: str) -> Line:
    """The driver may not make it."""
    cause = refusal_cause(403, message)
    if WORDS in message:
        step = "The admission policy was printed for other settings: print and apply it again (jupyter sparkk8s rbac --policy)."
        cause = Cause("The admission policy refuses executors.", message, step)
    return of_cause("executor pod of a driver", cause)


def stranger(report: Mapping[str, Any] | None, namespace: str) -> Line:
    """Whether a pod of no role reaches a driver; None where that was not tried."""
    name = "network policy"
    step = f"To keep other pods away: jupyter sparkk8s rbac --namespace {namespace} --network-policy | kubectl apply -f -"
    if report is None:
        return unknown(name, "not tried.", "`jupyter sparkk8s check --network` tries whether another pod reaches a driver.")
    if report["called"]:
        return ok(name, "enforced: another pod of the namespace does not reach a driver")
    said = "none is enforced: another pod of the namespace reaches a driver. Kernels are closed to it by their keys alone."
    return unknown(name, said, step)
