"""Accounts and least-privilege Roles that kernels need in one namespace; pure. What ``jupyter sparkk8s rbac`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.driver import JsonObject

SERVER_ACCOUNT = "jupyter-sparkk8s"

# The server: what a launch, its watch, its port-forward and its end ask for. Nothing may be read but what it selects.
SERVER_RULES: list[JsonObject] = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    # Port-forward by websocket is a GET; Kubernetes ≥ 1.35 asks for create as well.
    {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create", "get"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list", "watch"]},
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
    executor_account = _account(namespace, executor) | {"automountServiceAccountToken": False}
    return [
        _account(home, server),
        _account(namespace, driver),
        executor_account,
        _role(namespace, server, SERVER_RULES),
        _binding(namespace, server, home),
        _role(namespace, driver, DRIVER_RULES),
        _binding(namespace, driver),
    ]


def _account(namespace: str, name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def _role(namespace: str, name: str, rules: list[JsonObject]) -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": rules,
    }


def _binding(namespace: str, name: str, account_namespace: str | None = None) -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": account_namespace or namespace}],
    }
