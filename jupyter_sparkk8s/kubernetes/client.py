"""One connection to the API server: plain dicts in and out, errors in our words.

Goes through the library's generic call rather than its models: those cost half a second of CPU at first use, which on the
event loop would be a frozen server at the first launch.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, ApiUnreachable, ConfigurationError
from ..models.driver import Access, JsonObject
from .causes import refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kubernetes.aio.client import ApiClient

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_REQUEST_TIMEOUT_S = 30.0


def in_cluster() -> bool:
    """Whether this process runs in a pod with a service account."""
    return "KUBERNETES_SERVICE_HOST" in os.environ and (_ACCOUNT / "token").exists()


def uses_own_account(kubeconfig: str) -> bool:
    """Whether requests go to the cluster that this process runs in, as its pod's own account."""
    return in_cluster() and not kubeconfig and "KUBECONFIG" not in os.environ


def own_namespace() -> str:
    """The namespace of the pod that this process runs in; empty outside of a cluster."""
    path = _ACCOUNT / "namespace"
    return path.read_text().strip() if in_cluster() and path.exists() else ""


def choose_access(setting: str, kubeconfig: str) -> Access:
    """What ``access = "auto"`` means here: pod addresses are reachable from a pod, and from nowhere else for certain."""
    if setting != "auto":
        return Access(setting)
    return Access.DIRECT if uses_own_account(kubeconfig) else Access.PORT_FORWARD


def preload() -> None:
    """Import what the first request needs. Takes 0.4 s of CPU: call it on a thread, before the first launch."""
    for module in ("kubernetes.aio.client.api_client", "kubernetes.aio.config", "aiohttp"):
        import_module(module)


class Cluster:
    """A connection to one API server, as one account. ``open()`` before use, ``close()`` after."""

    def __init__(self, kubeconfig: str = "", context: str = "") -> None:
        self._kubeconfig, self._context = kubeconfig, context
        self._client: ApiClient | None = None
        self._opening = asyncio.Lock()

    @property
    def api_client(self) -> ApiClient:
        """The library's client, for streams that plain requests can't carry."""
        if self._client is None:
            raise RuntimeError("the cluster is not open")
        return self._client

    async def open(self) -> None:
        """Read the configuration, once. Raises ConfigurationError where there is none that can be used."""
        async with self._opening:
            if self._client is None:
                await asyncio.to_thread(preload)
                self._client = await self._connect()

    async def _connect(self) -> ApiClient:
        from kubernetes.aio import client, config

        settings = client.Configuration()
        try:
            if uses_own_account(self._kubeconfig):
                config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
            else:
                await config.load_kube_config(  # type: ignore[no-untyped-call]
                    config_file=self._kubeconfig or None, context=self._context or None, client_configuration=settings
                )
        except (config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(
                f"No Kubernetes cluster is configured for this Jupyter server: {error}. Set c.SparkK8s.kubeconfig to a "
                'kubeconfig file, or choose the kernel "Spark (this machine)".'
            ) from error
        # Building the TLS context reads the system's certificates: 20 ms that are not the event loop's.
        return await asyncio.to_thread(client.ApiClient, settings)

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]

    @asynccontextmanager
    async def _call(
        self, method: str, path: str, query: list[tuple[str, str]], body: JsonObject | None, timeout: Any
    ) -> AsyncIterator[Any]:
        """The aiohttp response of one request. Raises ApiError for a refusal, ApiUnreachable where none came."""
        import aiohttp

        try:
            request = await self.api_client.param_serialize(
                method, path, query_params=query, body=body, auth_settings=["BearerToken"]
            )
            response = (await self.api_client.call_api(*request, _request_timeout=timeout)).response
            async with response:
                if response.status >= 400:
                    raise refusal(response.status, _status_object(await response.text()))
                yield response
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            host = self.api_client.configuration.host
            raise ApiUnreachable(
                f"Kubernetes' API server at {host} can't be reached: {str(error) or type(error).__name__}. Check the network "
                "and c.SparkK8s.kubeconfig, or tell your administrator."
            ) from error

    async def request(
        self, method: str, path: str, *, query: list[tuple[str, str]] | None = None, body: JsonObject | None = None
    ) -> JsonObject:
        """One request, its answer as a dict."""
        async with self._call(method, path, query or [], body, _REQUEST_TIMEOUT_S) as response:
            answer: JsonObject = json.loads(await response.read())
            return answer

    async def text(self, path: str, query: list[tuple[str, str]]) -> str:
        """One GET whose answer is text (a log)."""
        async with self._call("GET", path, query, None, _REQUEST_TIMEOUT_S) as response:
            text: str = (await response.read()).decode(errors="replace")
            return text

    async def stream(self, path: str, query: list[tuple[str, str]], silence_s: float) -> AsyncIterator[JsonObject]:
        """The objects of one watch, as they come; ends when the server ends it or after ``silence_s`` without a byte."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_REQUEST_TIMEOUT_S, sock_read=silence_s)
        async with self._call("GET", path, query, None, timeout) as response:
            async for line in response.content:
                yield json.loads(line)

    async def create(self, plural: str, body: JsonObject) -> JsonObject:
        """Create an object of the core API in its own namespace. A field that Kubernetes does not know is refused: a typo in
        an administrator's ``*_pod_extra`` would be dropped in silence otherwise.
        """
        path = f"/api/v1/namespaces/{body['metadata']['namespace']}/{plural}"
        return await self.request("POST", path, query=[("fieldValidation", "Strict")], body=body)

    async def delete(self, plural: str, namespace: str, name: str, *, uid: str, grace_s: int | None = None) -> bool:
        """Delete the object of that name, if it is still the one with ``uid`` (empty: whichever it is).

        Returns whether there was one.
        """
        options: JsonObject = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        try:
            await self.request("DELETE", f"/api/v1/namespaces/{namespace}/{plural}/{name}", body=options)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            return False
        return True


def _status_object(text: str) -> JsonObject:
    """Kubernetes' Status object, or one made of the text of a proxy in between."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"message": text[:500]}
