"""Volumes that can't be mounted: from the events about a pod that is on its node."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.phase import Phase
from .exits import known_cause
from .seen import ADMIN, HEALING_S, Trouble, known_words, may_heal, when

if TYPE_CHECKING:
    from .seen import Seen

_EVENTS = {
    "FailedMount": "could not be mounted",
    "FailedAttachVolume": "could not be attached to the node",
    "FailedMapVolume": "could not be mapped",
}
_SANDBOX = "FailedCreatePodSandBox"
# These come after all volumes are mounted and the pod is set up: earlier failures of that have healed.
_PROGRESS = {"Pulling", "Pulled", "Created", "Started"}
_NAMES = f"Correct c.SparkK8s.volumes or driver_pod_extra, or have it created. {ADMIN}"
_SETTING = f"Correct c.SparkK8s.volumes. {ADMIN}"
# {0}… are the pattern's groups, {volume} is the volume in words.
_WORDS = [
    (r'secret "([^"]+)" not found', "The Secret {0}, which {volume} holds, does not exist.", _NAMES),
    (r'configmap "([^"]+)" not found', "The ConfigMap {0}, which {volume} holds, does not exist.", _NAMES),
    (r"failed to fetch token", "The node was not given the token of the pod's service account.", f"Try again later. {ADMIN}"),
    (
        r"no relationship found between node",
        "The API server does not let the node read yet what {volume} is made of.",
        f"Try again later. {ADMIN}",
    ),
    (r"non-existent (?:secret|config) key: (\S+)", "The key {0}, which {volume} holds, does not exist.", _NAMES),
    (r"hostPath type check failed: (\S+) (is not .*)", "{volume}: {0} on the node {1}, or is not there.", _SETTING),
    (r"mkdir (\S+): file exists", "{volume}: {0} on the node is a file, not a directory.", _SETTING),
    (r"Multi-Attach", "{volume} is attached to another node, and can be to one at a time (ReadWriteOnce).", _SETTING),
    (r"driver name (\S+) not found in the list of registered", "{volume}: the node has no storage driver {0}.", ADMIN),
    (r"no volume plugin matched", "{volume} is of a kind that this cluster does not know.", _SETTING),
    (
        r"mount error (?:13|1) |[Pp]ermission denied|[Aa]ccess denied|EACCES|EPERM|Operation not permitted",
        "The storage refuses to let the node mount {volume}.",
        f"Its key, or the rights of its key, may be wrong. {ADMIN}",
    ),
    (r"mount error (?:2|22) |No such file or directory", "{volume}: the path on the storage does not exist.", _SETTING),
]
_HANGS = re.compile(
    r"mount error 1(10|13|01) |time(d )?-?out|deadline ?exceeded|an operation with the given volume", re.IGNORECASE
)


def volume_trouble(seen: Seen) -> Trouble | None:
    """The last failure to set the pod up, unless something has happened since that needs the pod set up."""
    last = seen.last(*_EVENTS, _SANDBOX)
    if not last or any(when(event) >= when(last) for event in seen.about() if event.get("reason") in _PROGRESS):
        return None
    reason, message = str(last["reason"]), str(last.get("message", ""))
    if reason == _SANDBOX:
        known = known_cause(message)
        cause = known or Cause("The node could not set up the pod.", message, ADMIN)
        return Trouble(cause, 0 if known else HEALING_S, Phase.MOUNTING)
    # The launch's own Secret is created a moment after its pod.
    heals = may_heal(message) or f'secret "{seen.name}" not found' in message
    until_s = HEALING_S if heals else 0
    return Trouble(_cause(reason, message, _volume(message, seen)), until_s, Phase.MOUNTING)


def _cause(reason: str, message: str, volume: str) -> Cause:
    if _HANGS.search(message):
        return Cause(
            _upper(f"{volume} could not be mounted: the storage does not answer."), message, f"Try again later. {ADMIN}"
        )
    cause = known_words(_WORDS, message, volume=volume) or Cause(f"{volume} {_EVENTS[reason]}.", message, _SETTING)
    return replace(cause, title=_upper(cause.title))


def _volume(message: str, seen: Seen) -> str:
    """The volume that a message names, in words: the pod's own name for it, and its claim where it has one."""
    match = re.search(r'[Vv]olume "([^"]+)"|unmounted volumes=\[([^\]]+)\]', message)
    name = (match[1] or match[2]) if match else ""
    for volume in seen.spec.get("volumes", []):
        claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
        bound = ((seen.claims.get(claim) or {}).get("spec") or {}).get("volumeName")
        if name and name in (volume["name"], bound):
            return f"the volume {volume['name']}" + (f" (claim {claim})" if claim else "")
    return f"the volume {name}" if name else "a volume"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
