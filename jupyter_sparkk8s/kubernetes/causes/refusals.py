"""Requests that Kubernetes refused: rights, quotas, policies of every kind, names that don't exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import ApiError, Cause
from .seen import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...models.driver import JsonObject

_EXTRA = f"Correct it in c.SparkK8s.driver_pod_extra. {ADMIN}"


def refusal(status: int, body: JsonObject) -> ApiError:
    """The error of a refused request (HTTP status, Kubernetes' Status object)."""
    reason, message = str(body.get("reason") or ""), str(body.get("message") or f"HTTP status {status}")
    return ApiError(refusal_cause(status, message), status=status, reason=reason, message=message)


def refusal_cause(status: int, message: str) -> Cause:
    """Why Kubernetes refused a request."""
    for pattern, explain in _KINDS:
        if match := re.search(pattern, message, re.DOTALL):
            title, next_step = explain(match)
            return Cause(title, message, next_step)
    if status == 401:
        title, step = "Kubernetes does not accept the server's login.", f"It may have expired: log in anew. {ADMIN}"
        return Cause(title, message, step)
    if status == 429 or status >= 500:
        return Cause("Kubernetes' API server has a fault or is overloaded.", message, f"Try again in a minute. {ADMIN}")
    return Cause("Kubernetes refused the request.", message, ADMIN)


def is_quota(error: ApiError) -> bool:
    """Whether a refusal may end by itself when other objects go."""
    return "exceeded quota: " in error.message


def is_collision(error: ApiError) -> bool:
    """Whether the same request may simply be sent again: too many came at once."""
    return error.status == 429 or (error.status == 409 and "please apply your changes to the latest version" in error.message)


def _forbidden(match: re.Match[str]) -> tuple[str, str]:
    if match["user"] == "system:anonymous":
        return "The server has no login to Kubernetes.", f"Correct c.SparkK8s.kubeconfig. {ADMIN}"
    place = f" in namespace {match['namespace']}" if match["namespace"] else ""
    command = f"jupyter sparkk8s rbac --namespace {match['namespace'] or 'NAMESPACE'}"
    step = f"An administrator can grant it: apply what `{command}` prints."
    return f"{match['user']} may not {match['verb']} {match['what']}{place}.", step


def _quota(match: re.Match[str]) -> tuple[str, str]:
    asked, used, hard = (dict(re.findall(r"([^=, ]+)=([^,]+)", match[name])) for name in ("asked", "used", "hard"))
    uses = [f"{name}: {asked[name]} asked, {used.get(name, '?')} of {hard.get(name, '?')} used" for name in asked]
    advice = f"Shut down kernels that nobody needs, ask for less, or: {ADMIN.lower()}"
    return f"The namespace's quota {match['name']} has no room ({'; '.join(uses)}).", advice


def _service_account(match: re.Match[str]) -> tuple[str, str]:
    command = f"jupyter sparkk8s rbac --namespace {match[1]}"
    step = f"An administrator can make it: apply what `{command}` prints, or correct c.SparkK8s.driver_service_account."
    return f"The pod's service account {match[2]} does not exist.", step


def _webhook(match: re.Match[str]) -> tuple[str, str]:
    title = f"A check that this cluster makes of every pod can't be made now (admission webhook {match[1]})."
    return title, f"Nothing is wrong with the notebook; try again in a minute. {ADMIN}"


def _fixed(title: str, next_step: str = ADMIN) -> Callable[[re.Match[str]], tuple[str, str]]:
    """The same words for each; ``{0}`` stands for the pattern's group."""
    return lambda match: (title.format(*match.groups()), next_step)


# The first that fits says it. Their order matters only where one message holds another's words: a policy's own come first.
_KINDS: list[tuple[str, Callable[[re.Match[str]], tuple[str, str]]]] = [
    (
        r"ValidatingAdmissionPolicy '([^']+)'.* denied request",
        _fixed("A policy of this cluster refuses the pod ({0})."),
    ),
    (r'admission webhook "([^"]+)" denied the request', _fixed("A policy of this cluster refuses the pod (webhook {0}).")),
    (r'failed calling webhook "([^"]+)"', _webhook),
    (
        r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<what>[^"]+)"(?:.*in the namespace "(?P<namespace>[^"]+)")?',
        _forbidden,
    ),
    (
        r"exceeded quota: (?P<name>[^,]+), requested: (?P<asked>.*), used: (?P<used>.*), limited: (?P<hard>.*)",
        _quota,
    ),
    (
        r"failed quota: ([^:]+): must specify (\S+)",
        _fixed(
            "The namespace's quota {0} asks for {1}, which the pod does not set.",
            f"Set c.SparkK8s.driver_cpu_limit and executor_cpu_limit. {ADMIN}",
        ),
    ),
    (
        r"(maximum|minimum) \S+ usage per |limit to request ratio",
        _fixed("The namespace's limits (LimitRange) refuse the pod.", f"Change what the pod asks for, or: {ADMIN.lower()}"),
    ),
    (r'violates PodSecurity "([^"]+)"', _fixed("The namespace's Pod Security level ({0}) refuses the pod.")),
    (
        r"because it is being terminated",
        _fixed("The namespace is being deleted.", f"Choose another: c.SparkK8s.namespace. {ADMIN}"),
    ),
    (
        r'^namespaces "([^"]+)" not found',
        _fixed("The namespace {0} does not exist.", "Correct c.SparkK8s.namespace or have it created."),
    ),
    (r'service account ([^/]+)/\S+ serviceaccount "([^"]+)" not found', _service_account),
    (r"no PriorityClass with name (\S+) was found", _fixed("The priority class {0} does not exist.", _EXTRA)),
    (r'RuntimeClass "([^"]+)" not found', _fixed("The runtime class {0} does not exist.", _EXTRA)),
    (
        r'strict decoding error: .*?unknown field "([^"]+)"',
        _fixed("Kubernetes does not know the field {0}.", "Correct c.SparkK8s.driver_pod_extra or c.SparkK8s.volumes."),
    ),
    (
        r'^(?:Pod|Secret) "[^"]*" is invalid: ',
        _fixed(
            "Kubernetes finds the pod's description wrong.",
            "Correct what it names: it comes from c.SparkK8s.volumes, driver_pod_extra or another setting of c.SparkK8s.",
        ),
    ),
]
