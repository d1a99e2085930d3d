"""The ``restricted`` Pod Security Standard as a check of our own, written from its text and not from our manifests.

Source: kubernetes.io/docs/concepts/security/pod-security-standards, "Baseline" and "Restricted", for Linux pods of 1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Pod = dict[str, Any]
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image"}
SECCOMP = {"RuntimeDefault", "Localhost"}
APPARMOR = {None, "RuntimeDefault", "Localhost"}
SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}


def violations(pod: Pod) -> list[str]:
    """Each breach of the standard as one line; none for a pod that a ``restricted`` namespace admits."""
    return [
        *_of_pod(pod["spec"]),
        *(line for container in _containers(pod["spec"]) for line in _of_container(pod["spec"], container)),
    ]


def _containers(spec: Pod) -> list[Pod]:
    return [container for kind in ("initContainers", "containers", "ephemeralContainers") for container in spec.get(kind) or []]


def _of_pod(spec: Pod) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is set"
    for volume in spec.get("volumes") or []:
        for kind in set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {kind}"
    for sysctl in (spec.get("securityContext") or {}).get("sysctls") or []:
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"


def _of_container(spec: Pod, container: Pod) -> Iterator[str]:
    name, own, pods = container["name"], container.get("securityContext") or {}, spec.get("securityContext") or {}

    def effective(field: str) -> Any:
        return own[field] if own.get(field) is not None else pods.get(field)

    if own.get("privileged"):
        yield f"{name} is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name} allows privilege escalation"
    capabilities = own.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or []):
        yield f"{name} keeps capabilities"
    if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield f"{name} adds capabilities"
    if effective("runAsNonRoot") is not True:
        yield f"{name} may run as root"
    if own.get("runAsUser") == 0 or pods.get("runAsUser") == 0:
        yield f"{name} runs as root"
    if ((effective("seccompProfile") or {}).get("type")) not in SECCOMP:
        yield f"{name} has no seccomp profile"
    if ((effective("appArmorProfile") or {}).get("type")) not in APPARMOR:
        yield f"{name} has no AppArmor profile"
    selinux = effective("seLinuxOptions") or {}
    if selinux.get("type") not in SELINUX or selinux.get("user") or selinux.get("role"):
        yield f"{name} has SELinux options"
    if own.get("procMount", "Default") != "Default":
        yield f"{name} has its own /proc"
    for port in container.get("ports") or []:
        if port.get("hostPort"):
            yield f"{name} takes a port of the host"
    for hook in (container.get("lifecycle") or {}).values():
        if any((hook.get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")):
            yield f"{name} has a hook to another host"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if any(((container.get(probe) or {}).get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")):
            yield f"{name} has a probe of another host"
