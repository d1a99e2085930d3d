"""What the check asks Kubernetes under the server's login; nothing here makes an object that stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...errors import ApiError
from ...kubernetes.login import own_namespace, uses_own_account
from ...kubernetes.manifests import driver_pod
from ...kubernetes.probes import probe_executor
from ...kubernetes.rbac import SERVER_RULES
from ...kubernetes.reviews import REVIEWS, WHO_AM_I, access_reviews, who_am_i
from . import findings
from .line import Line, ok, unknown, wrong

if TYPE_CHECKING:
    from ...config.traits import SparkK8s
    from ...kubernetes.client import Cluster
    from ...models.driver import DriverSpec, JsonObject

_LEAST_MINOR = 25


async def version(cluster: Cluster) -> Line:
    """The API server's version. Raises ApiUnreachable."""
    answer = await cluster.request("GET", "/version")
    minor = "".join(letter for letter in answer["minor"] if letter.isdigit())
    if answer["major"] == "1" and int(minor) < _LEAST_MINOR:
        return wrong("version", f"Kubernetes {answer['gitVersion']}", f"Use Kubernetes 1.{_LEAST_MINOR} or later.")
    return ok("version", f"Kubernetes {answer['gitVersion']}")


def tls(cluster: Cluster) -> Line:
    """Whether the API server is known to be who it says."""
    settings = cluster.api_client.configuration
    if not cluster.host.startswith("https://"):
        step = "Use the API server's https address in the kubeconfig: tokens and keys travel on this connection."
        return wrong("TLS", f"the connection to {cluster.host} is not encrypted.", step)
    if not settings.verify_ssl:
        step = "Put the cluster's certificate-authority into the kubeconfig, and take insecure-skip-tls-verify out."
        return wrong("TLS", "the API server's certificate is not verified.", step)
    return ok("TLS", "encrypted, and the certificate verified")


async def login(cluster: Cluster) -> tuple[Line, str]:
    """The name under which requests are made; empty where Kubernetes is too old to say."""
    try:
        user = str((await cluster.request("POST", WHO_AM_I, body=who_am_i()))["status"]["userInfo"]["username"])
    except ApiError as error:
        if error.status == 401:
            return wrong("login", error.message, "Log in anew, or give c.SparkK8s.kubeconfig a login that is valid."), ""
        return unknown("login", f"Kubernetes does not say whose it is: {error.message}", "It matters to nothing else here."), ""
    return ok("login", user), user


async def rights(cluster: Cluster, namespace: str) -> Line:
    """All rights of a server, by SelfSubjectAccessReview."""
    reviews = access_reviews(namespace, SERVER_RULES)
    answers = await asyncio.gather(*(cluster.request("POST", REVIEWS, body=review) for review in reviews.values()))
    missing = [name for name, answer in zip(reviews, answers, strict=True) if not answer["status"].get("allowed")]
    return findings.rights("Jupyter server", missing, len(reviews), namespace)


async def dry_run(cluster: Cluster, role: str, spec: DriverSpec) -> list[Line]:
    """Whether the namespace takes a pod of this role."""
    pod = driver_pod(spec, {}, {}) if role == "driver" else probe_executor(spec, "executor", None)
    try:
        await cluster.try_out(spec.namespace, pod)
    except ApiError as error:
        return findings.admission(role, error)
    return findings.admission(role, None)


async def quota(cluster: Cluster, spec: DriverSpec) -> Line:
    """Whether a whole kernel fits, where the login may read quotas."""
    try:
        answer = await cluster.request("GET", f"/api/v1/namespaces/{spec.namespace}/resourcequotas")
    except ApiError as error:
        if error.status != 403:
            raise
        return ok("quota", "takes one driver and one executor (dry run); the login may not read what is left of it")
    return findings.quota(answer["items"], spec)


async def claims(cluster: Cluster, spec: DriverSpec) -> dict[str, Line]:
    """Each claim of the settings, by its name."""
    lines = {}
    for name, read_only in claims_of(spec).items():
        found: JsonObject | None = None
        try:
            found = await cluster.request("GET", f"/api/v1/namespaces/{spec.namespace}/persistentvolumeclaims/{name}")
        except ApiError as error:
            if error.status == 403:
                step = "Run the check with its test pods, or under a login that may get persistentvolumeclaims."
                lines[name] = unknown(f"claim {name}", "the login may not read claims.", step)
                continue
            if error.status != 404:
                raise
        lines[name] = findings.claim(name, found, read_only)
    return lines


def claims_of(spec: DriverSpec) -> dict[str, bool]:
    """The claims of the settings, each with whether both roles only read it."""
    found: dict[str, bool] = {}
    for volume in spec.volumes:
        if source := volume.source.get("persistentVolumeClaim"):
            read_only = all(volume.read_only.values()) or bool(source.get("readOnly"))
            found[source["claimName"]] = found.get(source["claimName"], True) and read_only
    return found


async def server_inside(cluster: Cluster, settings: SparkK8s, namespace: str, user: str) -> bool:
    """Whether a Jupyter server lives in the kernels' namespace: this process does, or a pod there has the login's account."""
    if uses_own_account(settings.kubeconfig) and own_namespace() == namespace:
        return True
    account = user.removeprefix(f"system:serviceaccount:{namespace}:")
    if account == user:
        return False
    try:
        pods: list[dict[str, Any]] = (await cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods"))["items"]
    except ApiError:
        return False
    return any(pod["spec"].get("serviceAccountName") == account for pod in pods)
