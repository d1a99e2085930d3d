"""One connection to the API server: plain dicts in and out, errors in our words.

Goes through the library's generic call rather than its models: those cost half a second of CPU at first use, which on the
event loop would be a frozen server at the first launch.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ApiError, ApiUnreachable, ConfigurationError
from .causes import refusal, unreachable
from .login import Login, preload, same_connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from kubernetes.aio.client import ApiClient, Configuration

    from ..models.driver import JsonObject

T = TypeVar("T")
_log = logging.getLogger(__name__)
_REQUEST_TIMEOUT_S = 30.0
# A refused login is read anew at most this often: exec plugins are programs that take a second.
_RENEW_S = 5.0
# Connections of logins before, on which watches may still run: a watch ends within minutes, a login lives longer.
_FORMER = 4


class Cluster:
    """A connection to one API server, as one account. ``open()`` before use, ``close()`` after.

    A login that ends (a token's time, a file that is replaced) is renewed at the first request that it fails.
    """

    def __init__(self, kubeconfig: str = "", context: str = "") -> None:
        self._login = Login(kubeconfig, context)
        self._client: ApiClient | None = None
        self._former: list[ApiClient] = []  # streams may still use them
        self._logins, self._renewed_at = 0, 0.0
        self._opening = asyncio.Lock()

    @property
    def api_client(self) -> ApiClient:
        """The library's client, for streams that plain requests can't carry."""
        if self._client is None:
            raise RuntimeError("the cluster is not open")
        return self._client

    @property
    def host(self) -> str:
        """The API server's address."""
        return str(self.api_client.configuration.host)

    async def open(self) -> None:
        """Read the configuration, once. Raises ConfigurationError where there is none that can be used."""
        async with self._opening:
            if self._client is None:
                await asyncio.to_thread(preload)
                self._client = await _client(await self._login.read())

    async def close(self) -> None:
        """Close all connections."""
        former, self._former = self._former, []
        client, self._client = self._client, None
        for each in [*former, *([client] if client else [])]:
            await each.close()  # type: ignore[no-untyped-call]

    async def signed_in(self, attempt: Callable[[ApiClient], Awaitable[T]]) -> T:
        """What ``attempt`` gives; after a refused login, or one whose file has changed and that leads nowhere, once more."""
        login = self._logins
        try:
            return await attempt(self.api_client)
        except ApiError as error:
            if error.status != 401 or not await self._renew(login):
                raise
        except ApiUnreachable as error:
            if not (_never_sent(error) and self._login.has_changed() and await self._renew(login)):
                raise
        return await attempt(self.api_client)

    async def _renew(self, login: int) -> bool:
        """Read the login anew, unless somebody has done so since the one with number ``login``; whether to try again."""
        now = asyncio.get_running_loop().time()
        async with self._opening:
            if self._logins == login:
                if now - self._renewed_at < _RENEW_S and not self._login.has_changed():
                    return False
                self._renewed_at = now
                try:
                    if not await self._take(await self._login.read()):
                        return False
                except (ConfigurationError, OSError) as error:  # OSError: of a certificate's file
                    _log.warning("The login to Kubernetes was refused and can't be renewed: %s", error)
                    return False
                self._logins += 1
                _log.info("The login to Kubernetes was renewed")
            return True

    async def _take(self, settings: Configuration) -> bool:
        """Go on with these settings; False where they are those that were refused."""
        current = self.api_client.configuration
        if not same_connection(current, settings):
            self._former = [*self._former, self.api_client][-_FORMER:]
            self._client = await _client(settings)
        elif current.api_key == settings.api_key:
            return False
        else:
            current.api_key, current.api_key_prefix = settings.api_key, settings.api_key_prefix
            current.refresh_api_key_hook = settings.refresh_api_key_hook
        return True

    @asynccontextmanager
    async def _call(
        self, method: str, path: str, query: list[tuple[str, str]], body: JsonObject | None, timeout: Any
    ) -> AsyncIterator[Any]:
        """The aiohttp response of one request. Raises ApiError for a refusal, ApiUnreachable where none came."""

        async def send(client: ApiClient) -> Any:
            with _in_our_words(client):
                request = await client.param_serialize(
                    method, path, query_params=query, body=body, auth_settings=["BearerToken"]
                )
                response = (await client.call_api(*request, _request_timeout=timeout)).response
                if response.status >= 400:
                    async with response:
                        raise refusal(response.status, _status_object(await response.text()))
                return response

        response = await self.signed_in(send)
        with _in_our_words(self.api_client):
            async with response:
                yield response

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
            try:
                async for line in response.content:
                    yield json.loads(line)
            finally:
                # One that is left has nothing more to say: without this it waits for TLS's goodbye, and nobody for it.
                if response.connection is not None and response.connection.transport is not None:
                    response.connection.transport.abort()

    async def create(self, plural: str, body: JsonObject) -> JsonObject:
        """Create an object of the core API in its own namespace. A field that Kubernetes does not know is refused: a typo in
        an administrator's ``*_pod_extra`` would be dropped in silence otherwise.
        """
        path = f"/api/v1/namespaces/{body['metadata']['namespace']}/{plural}"
        return await self.request("POST", path, query=[("fieldValidation", "Strict")], body=body)

    async def try_out(self, namespace: str, pod: JsonObject) -> None:
        """Whether the namespace would take a pod now; makes nothing. Raises ApiError with why it would not."""
        query = [("dryRun", "All"), ("fieldValidation", "Strict")]
        await self.request("POST", f"/api/v1/namespaces/{namespace}/pods", query=query, body=pod)

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


async def _client(settings: Configuration) -> ApiClient:
    from kubernetes.aio import client

    # Building the TLS context reads the system's certificates: 20 ms that are not the event loop's.
    return await asyncio.to_thread(client.ApiClient, settings)


@contextmanager
def _in_our_words(client: ApiClient) -> Iterator[None]:
    """Turn what a connection can fail with into ApiUnreachable."""
    import aiohttp

    try:
        yield
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
        raise ApiUnreachable(unreachable(client.configuration.host, str(error) or type(error).__name__)) from error


def _never_sent(error: ApiUnreachable) -> bool:
    """Whether there was no connection that could have carried the request."""
    import aiohttp

    return isinstance(error.__cause__, aiohttp.ClientConnectorError)


def _status_object(text: str) -> JsonObject:
    """Kubernetes' Status object, or one made of the text of a proxy in between."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"message": text[:500]}
