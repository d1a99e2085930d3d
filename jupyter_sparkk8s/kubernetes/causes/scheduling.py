"""Pods that no node takes: the scheduler's sentence, taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.quantities import parse_quantity
from ...errors import Cause, ConfigurationError
from ...models.phase import Phase
from . import claims
from .seen import ADMIN, NEVER, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...models.driver import JsonObject
    from .seen import Seen

_SCHEDULER = "default-scheduler"
ROOM = f"Ask for less in c.SparkK8s, shut down kernels that nobody needs, wait, or: {ADMIN.lower()}"
_PLACE = f"Correct c.SparkK8s.node_selector, tolerations or driver_pod_extra. {ADMIN}"
# What keeps nodes from taking a pod; {0} is the pattern's group.
_WORDS = [
    (r"didn't match Pod's node affinity/selector", "no node has the labels that the pod asks for{selector}", _PLACE),
    (r"untolerated taint(?:\(s\)|s)?(?: \{([^}]*)\})?", "the nodes are kept for others by a taint {0}", _PLACE),
    (r"had taint \{([^}]*)\}", "the nodes are kept for others by a taint {0}", _PLACE),
    (r"were unschedulable", "nodes are closed for new pods", ADMIN),
    (r"didn't match PersistentVolume's node affinity|volume node affinity conflict", "a volume is bound to other nodes", ADMIN),
    (r"ReadWriteOncePod access mode already in-use", "a claim is ReadWriteOncePod, and another pod uses it", ADMIN),
    (r"didn't find available persistent volumes", "there is no volume for a claim on any node", ADMIN),
    (r"exceed max volume count", "nodes have no place for more volumes", ADMIN),
    (r"free ports", "a port of the node that the pod asks for is taken", _PLACE),
    (r"topology spread|pod (?:anti-)?affinity", "the rules by which pods are spread over nodes can't be kept", _PLACE),
    (r"not-ready|unreachable|disk-pressure|memory-pressure", "nodes are not ready", ADMIN),
    (r"Too many pods", "the nodes have as many pods as they may", ROOM),
]


def placement_trouble(seen: Seen, grace_s: float) -> Trouble | None:
    """Why no node has taken the pod yet; None where one has, or nothing is said."""
    condition = seen.condition("PodScheduled")
    if condition.get("status") == "True":
        return None
    if not condition and (silent := _silent(seen, grace_s)):
        return silent
    if seen.spec.get("nodeName"):
        return None
    message = str(condition.get("message") or "")
    if match := re.search(r'persistentvolumeclaim "([^"]+)" not found', message):
        return claims.missing(match[1], message)
    if match := re.search(r'persistentvolumeclaim "([^"]+)" is being deleted', message):
        return claims.being_deleted(match[1], message)
    trouble = claims.claim_trouble(seen, message, grace_s)
    # A claim that waits for its pod does not keep a node from taking it.
    if trouble is not None and (trouble.until_s != NEVER or condition.get("reason") != "Unschedulable"):
        return trouble
    if condition.get("reason") == "SchedulingGated":
        gates = ", ".join(gate["name"] for gate in seen.spec.get("schedulingGates", []))
        title = f"The pod waits for its turn: {gates or 'a scheduling gate'} has not let it through."
        return Trouble(Cause(title, message, f"Wait, or: {ADMIN.lower()}"), NEVER, Phase.QUEUED)
    if condition.get("reason") != "Unschedulable":
        return None
    if "PersistentVolumeClaims" in message:  # and the claims can't be read
        cause = Cause("A claim of c.SparkK8s.volumes has no volume yet.", message, ADMIN)
        return Trouble(cause, grace_s, Phase.QUEUED)
    title, next_step = _why(message, seen)
    scaling = seen.last("TriggeredScaleUp", "NotTriggerScaleUp", "Nominated")
    until_s = grace_s
    if scaling:
        until_s = 0 if scaling["reason"] == "NotTriggerScaleUp" else NEVER
        message += "\n" + str(scaling.get("message", ""))
    return Trouble(Cause(title, message, next_step), until_s, Phase.QUEUED)


def _silent(seen: Seen, grace_s: float) -> Trouble | None:
    """Nobody has said anything of the pod: a node or a scheduler that may not exist, or a resource claim, for which
    Kubernetes' own scheduler waits without a word.
    """
    name, node, wanted = seen.spec.get("schedulerName", _SCHEDULER), seen.spec.get("nodeName"), _resource_claims(seen)
    if node:
        if set(seen.status) - {"phase", "qosClass"} or seen.about():
            return None
        title, asked, until_s = f"The node {node}, which the pod asks for, has not taken it yet.", "nodeName", NEVER
    elif name != _SCHEDULER:
        title, asked, until_s = f"The scheduler {name}, which the pod asks for, has said nothing yet.", "schedulerName", NEVER
    elif wanted:
        title, asked, until_s = f"The pod waits for {wanted}, which does not exist, most likely.", "resourceClaims", grace_s
    else:
        return None
    said = str(seen.last("FailedResourceClaimCreation").get("message", ""))
    cause = Cause(title, said, f"Correct {asked} in c.SparkK8s.driver_pod_extra. {ADMIN}")
    return Trouble(cause, until_s, Phase.SCHEDULED if node else Phase.QUEUED)


def _resource_claims(seen: Seen) -> str:
    """What the pod asks of dynamic resource allocation."""
    kinds = {"resourceClaimName": "the resource claim", "resourceClaimTemplateName": "the resource claim template"}
    claims = seen.spec.get("resourceClaims", [])
    return " and ".join(f"{kinds[key]} {each[key]}" for each in claims for key in kinds if each.get(key))


def short_of(seen: Seen) -> bool:
    """Whether it helps to know what nodes have."""
    return bool(_lacking(str(seen.condition("PodScheduled").get("message") or "")))


def _lacking(message: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"Insufficient ([\w./-]+\w)", message)))


def _why(message: str, seen: Seen) -> tuple[str, str]:
    """The title, and what to do."""
    head, lacking = re.split(r"preemption:", message)[0], _lacking(message)
    reasons, steps = [], []
    if lacking:
        reasons.append("there is too little " + " and ".join(_resource(name, seen) for name in lacking))
        steps.append(ROOM)
    for pattern, words, step in _WORDS:
        if match := re.search(pattern, head):
            named = " ".join(filter(None, match.groups()))
            reasons.append(words.format(named, selector=_selector(seen)).strip())
            steps.append(step)
    if not reasons:
        return "No node can take the pod.", ROOM
    return f"No node can take the pod: {'; '.join(reasons)}.", steps[0]


def _selector(seen: Seen) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in seen.spec.get("nodeSelector", {}).items())
    return f" ({labels})" if labels else ""


def _resource(name: str, seen: Seen) -> str:
    """A resource that is short, with what the pod asks for and what the largest node has."""
    known = [f"the pod asks for {_number(_asked(seen.spec, name))}"] if _asked(seen.spec, name) else []
    if seen.nodes is not None:
        largest = max((_amount(node.get("status", {}).get("allocatable", {}), name) for node in seen.nodes), default=0.0)
        known.append(f"the largest node has {_number(largest)} in all" if largest else "no node has any")
    return name + (f" ({', '.join(known)})" if known else "")


def _asked(spec: JsonObject, name: str) -> float:
    """What the scheduler counts: all containers together, or a larger one that runs before them."""

    def requests(containers: Sequence[JsonObject]) -> list[float]:
        wanted = [each.get("resources", {}) for each in containers]
        return [_amount({**each.get("limits", {}), **each.get("requests", {})}, name) for each in wanted]

    return max([sum(requests(spec.get("containers", []))), *requests(spec.get("initContainers", []))])


def _amount(resources: JsonObject, name: str) -> float:
    try:
        return float(parse_quantity(str(resources.get(name, "0")), trait=""))
    except ConfigurationError:  # written in a way that nobody uses
        return 0.0


def _number(value: float) -> str:
    """A quantity as people write it: ``900Gi``, ``0.5``."""
    for unit, factor in (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20)):
        if value >= factor:
            return f"{value / factor:.4g}{unit}"
    return f"{value:.4g}"
