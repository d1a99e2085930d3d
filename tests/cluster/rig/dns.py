"""CoreDNS in a pod, as the service kube-dns: names of services and pods, nothing of the world outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .processes import wait_for

if TYPE_CHECKING:
    from .api import Api, Object
    from .layout import Addresses, Rig

_NAMESPACE = "kube-system"
_DEPLOYMENT = f"/apis/apps/v1/namespaces/{_NAMESPACE}/deployments/coredns"
_COREFILE = """.:53 {
  errors
  ready
  kubernetes cluster.local in-addr.arpa
  cache 5
}
"""


def manifests(image: str, address: str) -> list[Object]:
    """The objects, in the order in which they are applied."""
    rbac, name = "rbac.authorization.k8s.io", {"name": "coredns"}
    here, labels = {**name, "namespace": _NAMESPACE}, {"k8s-app": "kube-dns"}
    watched = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    container: dict[str, Any] = {
        "name": "coredns",
        "image": image,
        "imagePullPolicy": "Never",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    pod = {
        "serviceAccountName": "coredns",
        "dnsPolicy": "Default",
        "containers": [container],
        "volumes": [{"name": "config", "configMap": name}],
    }
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    service = {"clusterIP": address, "selector": labels, "ports": ports}
    deployment = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    binding = {
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", **name},
        "subjects": [{"kind": "ServiceAccount", **here}],
    }
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": here},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": name, "rules": watched},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding", "metadata": name, **binding},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": here, "data": {"Corefile": _COREFILE}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": here, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": {**here, "name": "kube-dns"}, "spec": service},
    ]


def up(api: Api, image: str, addresses: Addresses) -> None:
    for document in manifests(image, addresses.dns):
        api.apply(document)


def ready(api: Api) -> bool:
    return ((api.get(_DEPLOYMENT) or {}).get("status", {}).get("readyReplicas") or 0) > 0


def wait(rig: Rig, api: Api) -> None:
    wait_for(rig, "CoreDNS: ready", lambda: ready(api), 90, "kubelet")
