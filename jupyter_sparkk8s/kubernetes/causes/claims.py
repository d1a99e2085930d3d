"""Claims that have no volume, or none that this pod may use. The scheduler names neither: the claim and its events do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.phase import Phase
from .seen import ADMIN, HEALING_S, NEVER, Trouble

if TYPE_CHECKING:
    from ...models.driver import JsonObject
    from .seen import Seen

_SETTING = f"Correct c.SparkK8s.volumes, or have the claim mended. {ADMIN}"


def claims_of(pod: JsonObject) -> list[str]:
    """The names of the claims that a pod mounts."""
    volumes = pod.get("spec", {}).get("volumes", [])
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


def claim_trouble(seen: Seen, said: str, grace_s: float) -> Trouble | None:
    """What is wrong with the first claim that is not well; None where all are, or can't be read. ``said``: the scheduler's
    words, where it has said something.
    """
    troubles = (_of_one(name, seen, said, grace_s) for name in seen.claims)
    return next((trouble for trouble in troubles if trouble is not None), None)


def _of_one(name: str, seen: Seen, said: str, grace_s: float) -> Trouble | None:
    claim = seen.claims[name]
    if claim is None:
        return missing(name, said)
    if claim["metadata"].get("deletionTimestamp"):
        return being_deleted(name, said)
    phase, spec = claim.get("status", {}).get("phase"), claim.get("spec", {})
    if phase == "Lost":
        title = f"The volume of the claim {name} ({spec.get('volumeName')}) is gone."
        return _trouble(title, said, f"Its data may be lost. {ADMIN}", 0)
    if phase != "Pending":
        return None
    last = next(iter(reversed(seen.about(name))), {})
    reason, words = str(last.get("reason", "")), str(last.get("message", "")) or said
    kind = spec.get("storageClassName") or ""
    if reason == "ProvisioningFailed" and re.search(r'storageclass\S* "[^"]*" not found', words):
        return _trouble(f"The claim {name} asks for the storage class {kind}, which does not exist.", words, _SETTING, 0)
    if reason == "VolumeMismatch":
        modes = ", ".join(spec.get("accessModes", []))
        title = f"The claim {name} does not fit its volume {spec.get('volumeName')}"
        mode = f": it asks for the access mode {modes}." if "accessMode" in words else "."
        return _trouble(title + mode, words, _SETTING, 0)
    title = f"The claim {name} has no volume yet"
    if reason == "ProvisioningFailed":
        return _trouble(f"{title}: none could be made.", words, ADMIN, HEALING_S)
    # Of a claim that should have its volume before any pod, the scheduler says so.
    if kind and "unbound immediate" not in said and seen.condition("PodScheduled").get("status") != "True":
        return _trouble(f"{title}: storage class {kind} makes one when a pod needs it.", words, ADMIN, NEVER)
    if reason == "ExternalProvisioning":
        return _trouble(f"{title}: storage class {kind} is to make one.", words, ADMIN, HEALING_S)
    if spec.get("volumeName"):
        return _trouble(f"{title}: {spec['volumeName']}, which it names, is not there or not free.", words, _SETTING, grace_s)
    return _trouble(f"{title}, and there is none that it could take.", words, _SETTING, grace_s)


def only_one_pod(claim: JsonObject | None) -> Trouble | None:
    """A claim that a driver would take from its executors."""
    if claim is None or "ReadWriteOncePod" not in claim.get("spec", {}).get("accessModes", []):
        return None
    title = f"The claim {claim['metadata']['name']} lets one pod alone use it (ReadWriteOncePod): executors could not have it."
    advice = f"Use a claim that is ReadWriteMany or ReadOnlyMany in c.SparkK8s.volumes. {ADMIN}"
    return _trouble(title, "", advice, 0)


def missing(name: str, said: str) -> Trouble:
    """No such claim."""
    return _trouble(f"The claim {name} does not exist.", said, "Correct c.SparkK8s.volumes, or have the claim created.", 0)


def being_deleted(name: str, said: str) -> Trouble:
    """A claim that takes no new pods."""
    return _trouble(f"The claim {name} is being deleted.", said, f"Choose another in c.SparkK8s.volumes. {ADMIN}", 0)


def _trouble(title: str, said: str, next_step: str, until_s: float) -> Trouble:
    return Trouble(Cause(title, said, next_step), until_s, Phase.QUEUED)
