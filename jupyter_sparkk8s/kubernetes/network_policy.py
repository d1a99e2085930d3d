"""NetworkPolicies that keep other pods away from drivers and executors; pure. They work where the cluster's network has them.

Whose executor a pod is, a NetworkPolicy can't tell: Spark's own secrets do. Executors reach each other to shuffle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .names import PREFIX, ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import JsonObject

_DNS: JsonObject = {"ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
# The API server has no labels, and its address behind the Service is the cluster's own: its usual ports, anywhere.
_API: JsonObject = {"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}


def network_policies(namespace: str, server_namespace: str, server_labels: Mapping[str, str]) -> list[JsonObject]:
    """For drivers and executors in ``namespace``. The server is the pods with ``server_labels`` in ``server_namespace``;
    without labels all pods there that are no drivers and executors. Port-forward passes by NetworkPolicies.
    """
    others: JsonObject = {"matchExpressions": [{"key": ROLE, "operator": "NotIn", "values": ["driver", "executor"]}]}
    server = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": server_namespace}},
        "podSelector": {"matchLabels": dict(server_labels)} if server_labels else others,
    }
    driver, executor = ({"podSelector": _role(role)} for role in ("driver", "executor"))
    return [
        _policy(namespace, "driver", [server, executor], [{"to": [executor]}, _DNS, _API]),
        _policy(namespace, "executor", [driver, executor], [{"to": [driver, executor]}, _DNS]),
    ]


def _role(role: str) -> JsonObject:
    return {"matchLabels": {ROLE: role}}


def _policy(namespace: str, role: str, sources: list[JsonObject], egress: list[JsonObject]) -> JsonObject:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{PREFIX}-{role}s", "namespace": namespace},
        "spec": {
            "podSelector": _role(role),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": sources}],
            "egress": egress,
        },
    }
