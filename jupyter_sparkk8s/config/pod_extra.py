"""The shape of ``driver_pod_extra`` and ``executor_pod_extra``; pure. What would be dropped in silence, stand beside the main
container instead of in it, or undo what another setting decides, is told here. Leaves deeper fields to Kubernetes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models import layout
from .validity import label_value, own_key, qualified_key
from .wording import nearest

if TYPE_CHECKING:
    from ..models.driver import RoleName

_ROOT = ("apiVersion", "kind", "metadata", "spec")
_METADATA = ("labels", "annotations")
# Kubernetes 1.36: PodSpec without what can't be given at a pod's creation, and Container.
_SPEC = (
    *("activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers", "dnsConfig", "dnsPolicy"),
    *("enableServiceLinks", "evictionResponders", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "hostname"),
    *("hostnameOverride", "imagePullSecrets", "initContainers", "nodeName", "nodeSelector", "os", "overhead"),
    *("preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims", "resources", "restartPolicy"),
    *("runtimeClassName", "schedulerName", "schedulingGates", "schedulingGroup", "securityContext", "serviceAccount"),
    *("serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds"),
    *("tolerations", "topologySpreadConstraints", "volumes"),
)
_CONTAINER = (
    *("args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports"),
    *("readinessProbe", "resizePolicy", "resources", "restartPolicy", "restartPolicyRules", "securityContext", "startupProbe"),
    *("stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts"),
    "workingDir",
)
# Of both: what is a list, and what an object; the others are neither.
_LISTS = {
    *("args", "command", "containers", "env", "envFrom", "hostAliases", "imagePullSecrets", "initContainers", "ports"),
    *("readinessGates", "resizePolicy", "resourceClaims", "restartPolicyRules", "schedulingGates", "tolerations"),
    *("topologySpreadConstraints", "volumeDevices", "volumeMounts", "volumes", "evictionResponders"),
}
_OBJECTS = {
    *("affinity", "dnsConfig", "lifecycle", "livenessProbe", "nodeSelector", "os", "overhead", "readinessProbe", "resources"),
    *("schedulingGroup", "securityContext", "startupProbe", "labels", "annotations"),
}
# What names an item of a list, so that it can be merged.
_NAMES = {"env": "name", "volumeMounts": "mountPath", "volumes": "name", "containers": "name", "initContainers": "name"}


def check_pod_extra(extra: dict[str, Any], role: RoleName) -> None:
    """Raises ConfigurationError naming what is wrong with ``extra``, of ``role``'s pods."""
    Shape(role).check(extra)


class Shape:
    """What is known of one role's pods while their extra is looked at."""

    def __init__(self, role: RoleName) -> None:
        self._role = role
        self._trait = f"c.SparkK8s.{role}_pod_extra"
        self._main = layout.DRIVER_CONTAINER if role == "driver" else layout.EXECUTOR_CONTAINER
        self._decided = {
            "serviceAccountName": f"{role}_service_account",
            "serviceAccount": f"{role}_service_account",
            "restartPolicy": "",
        }
        self._decided_in_main = {"image": "image", "imagePullPolicy": "image_pull_policy", "command": "", "args": ""}

    def check(self, extra: dict[str, Any]) -> None:
        """See check_pod_extra."""
        if unknown := sorted(set(extra) - set(_ROOT)):
            raise ConfigurationError(
                f"{self._trait} sets {', '.join(unknown)} at the pod's root, where there are only metadata and spec. "
                "Most settings of a pod belong under 'spec'."
            )
        for name, value in (("apiVersion", "v1"), ("kind", "Pod")):
            if extra.get(name, value) != value:
                self._refuse(f"sets {name} to {extra[name]!r}: it is merged into a Pod of v1. Leave it out")
        self._metadata(self._object(extra, "metadata", "metadata"))
        spec = self._object(extra, "spec", "spec")
        self._fields(spec, _SPEC, "spec")
        self._not_decided(spec, self._decided, "spec")
        for field in ("volumes", "containers", "initContainers"):
            self._items(spec, field, "spec")
        for volume in spec.get("volumes", []):
            if volume["name"].startswith("sparkk8s-"):
                self._refuse(f"changes the volume {volume['name']!r}, which the driver needs. Choose another name")
        for field in ("containers", "initContainers"):
            for container in spec.get(field, []):
                self._container(container, f"spec.{field} ({container['name']})", field)

    def _metadata(self, metadata: dict[str, Any]) -> None:
        self._fields(metadata, _METADATA, "metadata")
        trait = f"{self._role}_pod_extra"
        for key, value in self._object(metadata, "labels", "metadata.labels").items():
            own_key(key, trait=trait)
            label_value(value, trait=trait)
        for key, value in self._object(metadata, "annotations", "metadata.annotations").items():
            qualified_key(key, trait=trait)
            if not isinstance(value, str):
                self._refuse(f"sets the annotation {key!r} to {value!r}; right would be a text")

    def _container(self, container: dict[str, Any], where: str, field: str) -> None:
        self._fields(container, _CONTAINER, where)
        for name in ("env", "volumeMounts"):
            self._items(container, name, where)
        if field == "containers" and container["name"] == self._main:
            self._not_decided(container, self._decided_in_main, where)
            self._resources(container, where)
        elif "image" not in container:
            self._refuse(
                f"has {where} without an image. The main container is called {self._main!r}; another one needs its image"
            )

    def _resources(self, container: dict[str, Any], where: str) -> None:
        resources = self._object(container, "resources", f"{where}.resources")
        for kind in ("requests", "limits"):
            for name in self._object(resources, kind, f"{where}.resources.{kind}"):
                if (self._role, kind, name) == ("driver", "requests", "memory"):
                    continue  # no setting says it: idle drivers may share a node that could not hold all of their limits
                if name in ("cpu", "memory"):
                    limit = "_limit" if (kind, name) == ("limits", "cpu") else ""
                    self._refuse(f"sets {where}.resources.{kind}.{name}. Set c.SparkK8s.{self._role}_{name}{limit} instead")

    def _items(self, parent: dict[str, Any], field: str, where: str) -> None:
        """A list whose items are merged by name."""
        name, items = _NAMES[field], parent.get(field, [])
        for index, item in enumerate(items):
            if not isinstance(item, dict) or not isinstance(item.get(name), str) or not item[name]:
                hint = f", e.g. {self._main!r}" if field == "containers" else ""
                self._refuse(f"has {where}.{field}[{index}] without a {name}: items are merged by it. Give it one{hint}")

    def _object(self, parent: dict[str, Any], field: str, where: str) -> dict[str, Any]:
        value = parent.get(field, {})
        if not isinstance(value, dict):
            self._refuse(f"has {where} = {value!r}; right would be a dict")
        return dict(value)

    def _fields(self, value: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        for name in value:
            if name not in known:
                hint = nearest(str(name), known) or f" There may be {', '.join(known)}."
                raise ConfigurationError(f"{self._trait} sets {where}.{name}, which is nothing that can be set there.{hint}")
            kind = list if name in _LISTS else dict if name in _OBJECTS else None
            if kind is not None and not isinstance(value[name], kind):
                self._refuse(f"has {where}.{name} = {value[name]!r}; right would be a {kind.__name__}")

    def _not_decided(self, value: dict[str, Any], decided: dict[str, str], where: str) -> None:
        for name in decided.keys() & value.keys():
            instead = f"Set c.SparkK8s.{decided[name]} instead" if decided[name] else "It can't be changed: leave it out"
            self._refuse(f"sets {where}.{name}. {instead}")

    def _refuse(self, problem: str) -> None:
        raise ConfigurationError(f"{self._trait} {problem}.")
