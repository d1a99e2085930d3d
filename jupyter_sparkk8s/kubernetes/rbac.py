"""Accounts and least-privilege Roles that kernels need in one namespace; pure. What ``jupyter sparkk8s rbac`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .names import PREFIX

if TYPE_CHECKING:
    from ..models.driver import JsonObject

_GROUP = "rbac.authorization.k8s.io"
SERVER_ACCOUNT = "jupyter-sparkk8s"
# Where each user has a namespace, the rules stand once, in ClusterRoles that are bound in each of them.
CLUSTER_ROLES = {"server": f"{PREFIX}-server", "driver": f"{PREFIX}-driver"}
# What a namespace that is made for a user enforces.
_LABELS = {"app.kubernetes.io/managed-by": PREFIX, "pod-security.kubernetes.io/enforce": "restricted"}

# The server: what a launch, its watch, its port-forward and its end ask for. Nothing may be read but what it selects.
SERVER_RULES: list[JsonObject] = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    # Port-forward by websocket is a GET; Kubernetes ≥ 1.35 asks for create as well.
    {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create", "get"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list", "watch"]},
    # Why a volume is not there: only the claim tells.
    {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get"]},
]

# The driver: what Spark's scheduler does to its executors (Spark 4.3, KubernetesClusterSchedulerBackend and its allocators).
DRIVER_RULES: list[JsonObject] = [
    {
        "apiGroups": [""],
        "resources": ["pods"],
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "watch"],
    },
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "deletecollection"]},
    {"apiGroups": [""], "resources": ["services"], "verbs": ["deletecollection"]},
    {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["deletecollection", "list"]},
]


def rbac(namespace: str, server: str, driver: str, executor: str, server_namespace: str | None = None) -> list[JsonObject]:
    """ServiceAccounts, Roles and RoleBindings for accounts of these names, the server's in ``server_namespace`` where that is
    another one. The executors' account has no rights at all.
    """
    home = server_namespace or namespace
    return [
        *_accounts(namespace, server, driver, executor, home),
        _role("Role", server, SERVER_RULES, namespace),
        _binding(namespace, server, home, server),
        _role("Role", driver, DRIVER_RULES, namespace),
        _binding(namespace, driver, namespace, driver),
    ]


def user_rbac(namespace: str, server: str, driver: str, executor: str, server_namespace: str) -> list[JsonObject]:
    """The namespace of one user, which enforces ``restricted``, with the accounts and what binds them to CLUSTER_ROLES."""
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": _LABELS}}
    return [
        made,
        *_accounts(namespace, server, driver, executor, server_namespace),
        _binding(namespace, server, server_namespace, CLUSTER_ROLES["server"], "ClusterRole"),
        _binding(namespace, driver, namespace, CLUSTER_ROLES["driver"], "ClusterRole"),
    ]


def cluster_roles() -> list[JsonObject]:
    """The rules of ``user_rbac``'s bindings, and a ClusterRole for whatever applies its objects when a user is new."""
    names = list(CLUSTER_ROLES.values())
    maker: list[JsonObject] = [
        {"apiGroups": [""], "resources": ["namespaces", "serviceaccounts"], "verbs": ["create", "get", "patch"]},
        {"apiGroups": [_GROUP], "resources": ["rolebindings"], "verbs": ["create", "get", "patch"]},
        {"apiGroups": [_GROUP], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": names},
    ]
    rules = {CLUSTER_ROLES["server"]: SERVER_RULES, CLUSTER_ROLES["driver"]: DRIVER_RULES, f"{PREFIX}-namespaces": maker}
    return [_role("ClusterRole", name, each) for name, each in rules.items()]


def _accounts(namespace: str, server: str, driver: str, executor: str, home: str) -> list[JsonObject]:
    executor_account = _account(namespace, executor) | {"automountServiceAccountToken": False}
    return [_account(home, server), _account(namespace, driver), executor_account]


def _account(namespace: str, name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def _role(kind: str, name: str, rules: list[JsonObject], namespace: str = "") -> JsonObject:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _binding(namespace: str, account: str, home: str, role: str, kind: str = "Role") -> JsonObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": account, "namespace": namespace},
        "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": home}],
    }
