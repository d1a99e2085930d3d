"""Kernels as the cluster knows them, out of pod objects: whose, how old, with which executors; and leftovers. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .names import KERNEL_ID, PREFIX, ROLE, SERVER, USERNAME_ANNOTATION
from .pods import exit_code, moment

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from ..models.driver import JsonObject

ALL_PODS = f"app.kubernetes.io/managed-by={PREFIX}"
"""The selector of all drivers and executors."""

CHECK_SERVER = "check-"
"""How the server's id begins on what `jupyter sparkk8s check` makes."""

# What a living server or Kubernetes deletes, it deletes within seconds.
_SETTLED_S = 60.0
_CHECK_S = 3600.0


@dataclass(frozen=True)
class Kernel:
    """One driver pod. ``executors`` counts those that run, ``executors_total`` all; ``age_s`` is in seconds."""

    namespace: str
    pod: str
    uid: str
    kernel_id: str
    owner: str
    server: str
    phase: str
    age_s: int
    executors: int
    executors_total: int

    def as_json(self) -> JsonObject:
        """All of it, for ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class Leftover:
    """A pod that nobody may need any more, and why it is thought so."""

    namespace: str
    pod: str
    uid: str
    owner: str
    server: str
    age_s: int
    why: str


def kernels(pods: Sequence[JsonObject], now: datetime) -> list[Kernel]:
    """The kernels among these pods, oldest first; without what a check makes."""
    executors: dict[str, list[JsonObject]] = {}
    for pod in pods:
        if _label(pod, ROLE) == "executor":
            for uid in _owners(pod):
                executors.setdefault(uid, []).append(pod)
    drivers = [pod for pod in pods if _label(pod, ROLE) == "driver" and not _label(pod, SERVER).startswith(CHECK_SERVER)]
    drivers.sort(key=lambda pod: -_age(pod, now))
    return [_kernel(pod, executors.get(pod["metadata"]["uid"], []), now) for pod in drivers]


def _kernel(pod: JsonObject, executors: Sequence[JsonObject], now: datetime) -> Kernel:
    metadata = pod["metadata"]
    return Kernel(
        namespace=metadata["namespace"],
        pod=metadata["name"],
        uid=metadata["uid"],
        kernel_id=_label(pod, KERNEL_ID),
        owner=_owner(pod),
        server=_label(pod, SERVER),
        phase="Terminating" if "deletionTimestamp" in metadata else _phase(pod),
        age_s=int(_age(pod, now)),
        executors=sum(_phase(each) == "Running" for each in executors),
        executors_total=len(executors),
    )


def leftovers(
    pods: Sequence[JsonObject], now: datetime, ended: Collection[str], living: Collection[str], asked: Collection[str] = ()
) -> list[Leftover]:
    """The pods of which there is a reason to think that nobody needs them. ``ended`` and ``living`` are ids of servers that are
    known to be so; ``asked`` are those whose kernels are to go in any case.
    """
    known = {pod["metadata"]["uid"] for pod in pods}
    found = []
    for pod in pods:
        why = "" if "deletionTimestamp" in pod["metadata"] else _why(pod, now, ended, living, asked, known)
        if why:
            about = pod["metadata"]
            place = (about["namespace"], about["name"], about["uid"])
            found.append(Leftover(*place, _owner(pod), _label(pod, SERVER), int(_age(pod, now)), why))
    return found


def _why(
    pod: JsonObject,
    now: datetime,
    ended: Collection[str],
    living: Collection[str],
    asked: Collection[str],
    known: Collection[str],
) -> str:
    server, age_s = _label(pod, SERVER), _age(pod, now)
    if _label(pod, ROLE) == "executor":
        orphan = age_s > _SETTLED_S and not set(_owners(pod)) & set(known)
        return "its driver's pod is gone" if orphan and server not in living else ""
    if server.startswith(CHECK_SERVER):
        return "a `jupyter sparkk8s check` that was killed has left it" if age_s > _CHECK_S else ""
    if server in asked:
        return f"you asked for all of server {server}"
    if server in living:
        return ""
    if server in ended:
        return f"its Jupyter server {server} has ended and did not come back"
    if exit_code(pod) is not None and _ended_s(pod, now) > _SETTLED_S:
        return "its kernel has ended, and no server has deleted it"
    return ""


def _label(pod: JsonObject, name: str) -> str:
    return str(pod["metadata"].get("labels", {}).get(name, ""))


def _owner(pod: JsonObject) -> str:
    return str(pod["metadata"].get("annotations", {}).get(USERNAME_ANNOTATION, "")) or "?"


def _owners(pod: JsonObject) -> list[str]:
    return [str(owner["uid"]) for owner in pod["metadata"].get("ownerReferences", [])]


def _phase(pod: JsonObject) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def _age(pod: JsonObject, now: datetime) -> float:
    return (now - moment(pod["metadata"]["creationTimestamp"])).total_seconds()


def _ended_s(pod: JsonObject, now: datetime) -> float:
    """Seconds since the last container's end; since the pod's creation where it had none."""
    states = [each.get("state", {}).get("terminated") for each in pod.get("status", {}).get("containerStatuses", [])]
    times = [moment(state["finishedAt"]) for state in states if state and state.get("finishedAt")]
    return (now - max(times)).total_seconds() if times else _age(pod, now)


def in_words(seconds: float) -> str:
    """An age as kubectl writes it: ``5s``, ``12m``, ``7h``, ``3d``."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"
