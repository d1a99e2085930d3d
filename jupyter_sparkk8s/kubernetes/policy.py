"""The admission policy that keeps drivers of one namespace apart; pure. What ``jupyter sparkk8s rbac --policy`` prints.

A Role can't tell one pod from another. This can, for a pod's token carries the pod's name and uid: a driver may change only
what its own pod owns, and may make only pods that look like its executors. Reading is not subject to admission, and Jupyter
servers are not bound by it. Needs Kubernetes ≥ 1.30.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cel import literal, some
from .names import PREFIX, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..models.driver import JsonObject
    from .cel import Texts

_GROUP = "admissionregistration.k8s.io"
WORDS = "A Spark driver may"
"""How each refusal begins."""

_EXTRA = "authentication.kubernetes.io"
# A pod's own, or Spark's: ConfigMaps of these names hold the settings of executors.
_OWN_VOLUMES = [
    'has(v.emptyDir)',
    'has(v.downwardAPI)',
    'has(v.configMap) && v.configMap.name.startsWith("spark-exec-")',
]  # fmt: skip
_OWN_KINDS = {"emptyDir", "downwardAPI"}
_NOT_DATA = {*_OWN_KINDS, "secret", "configMap", "projected"}


def admission_policy(
    name: str, namespaces: JsonObject, driver: str, executor: str, templates: Sequence[JsonObject], texts: Texts
) -> list[JsonObject]:
    """Policy and binding for the drivers' account in all namespaces that the selector ``namespaces`` finds. ``templates`` are
    executors' pods as the settings make them, one for each profile, with stand-ins' words that ``texts`` knows.
    """
    account = f'"system:serviceaccount:" + request.namespace + ":" + {literal(driver)}'
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": namespaces,
            "resourceRules": [
                {
                    "apiGroups": ["*"],
                    "apiVersions": ["*"],
                    "operations": ["CREATE", "UPDATE", "DELETE", "CONNECT"],
                    "resources": ["*/*"],
                    "scope": "Namespaced",
                }
            ],
        },
        "matchConditions": [{"name": "by-a-driver", "expression": f"request.userInfo.username == {account}"}],
        "variables": [{"name": key, "expression": text} for key, text in _VARIABLES.items()],
        "validations": [
            {"expression": expression, "message": f"{WORDS} {rule}", "reason": "Forbidden"}
            for rule, expression in _rules(executor, templates, texts)
        ],
    }
    about = {"apiVersion": f"{_GROUP}/v1", "metadata": {"name": name}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": namespaces}}
    return [
        about | {"kind": "ValidatingAdmissionPolicy", "spec": spec},
        about | {"kind": "ValidatingAdmissionPolicyBinding", "spec": binding},
    ]


def _of_token(what: str) -> str:
    key = literal(f"{_EXTRA}/{what}")
    return f'has(request.userInfo.extra) && {key} in request.userInfo.extra ? request.userInfo.extra[{key}][0] : ""'


_END = "-[0-9a-f]{8}-[0-9]+$"  # of a driver pod's name: kernel and launch
_VARIABLES = {
    "pod": _of_token("pod-name"),
    "uid": _of_token("pod-uid"),
    # "?" is no user's name in any place.
    "user": f'variables.pod.matches("^spark-.+{_END}") ? '
    f'variables.pod.substring(6, size(variables.pod) - size(variables.pod.find("{_END}"))) : "?"',
    "makesPod": 'request.resource.resource == "pods" && request.operation in ["CREATE", "UPDATE"] && has(object.spec)',
    "volumes": "variables.makesPod && has(object.spec.volumes) ? object.spec.volumes : []",
    "containers": " + ".join(
        f"(variables.makesPod && has(object.spec.{kind}) ? object.spec.{kind} : [])"
        for kind in ("containers", "initContainers", "ephemeralContainers")
    ),
    "contexts": "(variables.makesPod && has(object.spec.securityContext) ? [object.spec.securityContext] : []) + "
    "variables.containers.filter(c, has(c.securityContext)).map(c, c.securityContext)",
}


def _rules(executor: str, templates: Sequence[JsonObject], texts: Texts) -> Iterator[tuple[str, str]]:
    """What a driver may do, in words that follow WORDS, and as CEL."""
    owned = "has(o.metadata) && has(o.metadata.ownerReferences) && size(o.metadata.ownerReferences) == 1 && "
    owned += 'o.metadata.ownerReferences[0].uid == variables.uid && variables.uid != ""'
    itself = 'request.operation == "DELETE" && request.resource.resource == "pods" && oldObject.metadata.uid == variables.uid'
    yield (
        "change only what its own pod owns, and nothing else owns.",
        f'request.operation == "CONNECT" || ({itself}) || [object, oldObject].all(o, o == null || ({owned}))',
    )
    yield "not connect to pods through the API server.", 'request.operation != "CONNECT"'
    account = f"has(object.spec.serviceAccountName) && object.spec.serviceAccountName == {literal(executor)}"
    yield f"make pods only under the executors' account, {executor}.", f"!variables.makesPod || ({account})"
    label = (
        f'has(object.metadata.labels) && "{ROLE}" in object.metadata.labels && object.metadata.labels["{ROLE}"] == "executor"'
    )
    yield f"make pods only with the label {ROLE}=executor.", f"!variables.makesPod || ({label})"
    yield (
        "mount only its own Secret and what c.SparkK8s.volumes names.",
        f"variables.volumes.all(v, {some([*_OWN_VOLUMES, *_sources(templates, texts)])})",
    )
    mounts = f"c.volumeMounts.all(m, m.name != v.name || ({' && '.join(_mounts(templates, texts)) or 'true'}))"
    yield (
        "mount what c.SparkK8s.volumes names only as that says (subPath, readOnly).",
        f"variables.volumes.all(v, variables.containers.all(c, !has(c.volumeMounts) || {mounts}))",
    )
    yield "put only its own Secret into a pod's environment.", _environment(templates, texts)
    yield "make pods only with the users and groups of its settings.", _identity(templates)
    yield "make no privileged pods.", _unprivileged(templates)


def _volumes(templates: Sequence[JsonObject]) -> Iterator[tuple[JsonObject, list[JsonObject]]]:
    """Each source of data in the templates, with its mounts there."""
    for template in templates:
        mounts = [mount for container in _containers(template) for mount in container.get("volumeMounts", [])]
        for volume in template["spec"].get("volumes", []):
            source = {key: value for key, value in volume.items() if key != "name"}
            if not _OWN_KINDS & set(source):
                yield source, [mount for mount in mounts if mount["name"] == volume["name"]]


def _sources(templates: Sequence[JsonObject], texts: Texts) -> list[str]:
    return [texts.holds("v", source) for source, _ in _volumes(templates)]


def _mounts(templates: Sequence[JsonObject], texts: Texts) -> list[str]:
    found: dict[str, list[str]] = {}
    for source, mounts in _volumes(templates):
        if not _NOT_DATA & set(source):
            found.setdefault(texts.holds("v", source), []).extend(_as_mounted(mount, texts) for mount in mounts)
    return [f"(!({source}) || {some(mounts)})" for source, mounts in found.items()]


def _as_mounted(mount: JsonObject, texts: Texts) -> str:
    place = f'(has(m.subPath) ? m.subPath : "") == {texts.expression(mount.get("subPath", ""))} && !has(m.subPathExpr)'
    return place + (" && has(m.readOnly) && m.readOnly" if mount.get("readOnly") else "")


def _environment(templates: Sequence[JsonObject], texts: Texts) -> str:
    allowed: dict[str, list[str]] = {"secret": ["variables.pod"], "configMap": []}
    for container in (container for template in templates for container in _containers(template)):
        for kind, names in allowed.items():
            sources = [item.get("valueFrom", {}).get(f"{kind}KeyRef") for item in container.get("env", [])]
            sources += [item.get(f"{kind}Ref") for item in container.get("envFrom", [])]
            names += [texts.expression(source["name"]) for source in sources if source]
    env, whole = (
        " && ".join(
            f"(!has({place}{kind}{end}) || {place}{kind}{end}.name in [{', '.join(dict.fromkeys(names))}])"
            for kind, names in allowed.items()
        )
        for place, end in (("e.valueFrom.", "KeyRef"), ("e.", "Ref"))
    )
    return (
        f"variables.containers.all(c, (!has(c.env) || c.env.all(e, !has(e.valueFrom) || ({env}))) && "
        f"(!has(c.envFrom) || c.envFrom.all(e, {whole})))"
    )


def _identity(templates: Sequence[JsonObject]) -> str:
    contexts = [item.get("securityContext", {}) for pod in templates for item in (pod["spec"], *_containers(pod))]
    parts = []
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        allowed = _all_values(context.get(field) for context in contexts)
        parts.append(f"variables.contexts.all(s, !has(s.{field}) || s.{field} in {literal(allowed)})")
    groups = _all_values(group for context in contexts for group in context.get("supplementalGroups", []))
    allowed_groups = f"s.supplementalGroups.all(g, g in {literal(groups)})"
    parts.append(f"variables.contexts.all(s, !has(s.supplementalGroups) || {allowed_groups})")
    # Without a user of its own a pod runs as the image's, which may be root.
    parts.append("has(object.spec.securityContext) && has(object.spec.securityContext.runAsUser)")
    return f"!variables.makesPod || ({' && '.join(parts)})"


def _all_values(values: Any) -> list[int]:
    return sorted({value for value in values if value is not None})


def _unprivileged(templates: Sequence[JsonObject]) -> str:
    """What Pod Security refuses too, where the namespace enforces a level; an administrator's template may have it."""
    parts = [
        f"(!variables.makesPod || !has(object.spec.{field}) || !object.spec.{field})"
        for field in ("hostNetwork", "hostPID", "hostIPC")
        if not any(template["spec"].get(field) for template in templates)
    ]
    contexts = [item.get("securityContext", {}) for template in templates for item in _containers(template)]
    if not any(context.get("privileged") for context in contexts):
        parts.append("variables.contexts.all(s, !has(s.privileged) || !s.privileged)")
    added = {name for context in contexts for name in context.get("capabilities", {}).get("add", [])}
    capabilities = f"s.capabilities.add.all(n, n in {literal(sorted(added))})"
    parts.append(f"variables.contexts.all(s, !has(s.capabilities) || !has(s.capabilities.add) || {capabilities})")
    return " && ".join(parts)


def _containers(pod: JsonObject) -> list[JsonObject]:
    return [*pod["spec"].get("containers", []), *pod["spec"].get("initContainers", [])]


def namespace_selector(*names: str) -> JsonObject:
    """The selector of namespaces by name; of those that ``rbac --user-namespaces`` makes, where there is none."""
    if not names:
        return {"matchLabels": {"app.kubernetes.io/managed-by": PREFIX}}
    return {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(names)}]}
