"""One byte stream to one port of a pod, through the API server: a websocket that looks like an asyncio transport.

Leaves out local listeners, several connections and what to do after a cut: the relay does that.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ..errors import ApiUnreachable, Cause, PodGone, PodUnreachable, SparkK8sError, StreamLost
from ..tasks import Tasks
from .causes import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse
    from kubernetes.aio.client import ApiClient

# Each message begins with its channel; the first one of each channel holds the port and nothing else.
# Source: k8s.io/cri-streaming, portforward/websocket.go. The other protocol, SPDY in a websocket, has several streams on one
# connection, which the relay makes needless.
_PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_CONNECT_S, _CLOSE_S = 10.0, 1.0
# Bytes that wait for the websocket: above the first figure the protocol is asked to pause, below the second to go on.
_HIGH, _LOW = 256 * 1024, 64 * 1024


async def connect(
    api_client: ApiClient, namespace: str, pod: str, port: int, protocol_factory: Callable[[], asyncio.Protocol]
) -> PodStream:
    """Open a stream to ``port`` of ``pod``, with the login, certificates and proxy of ``api_client``. One request.

    The kubelet dials the port afterwards: that nobody listens there comes as PodUnreachable in ``connection_lost``.
    Raises PodGone, ApiError or ApiUnreachable.
    """
    import aiohttp

    rest = api_client.rest_client
    _, url, headers, *_ = await api_client.param_serialize(
        "GET",
        f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward",
        query_params=[("ports", str(port))],
        auth_settings=["BearerToken"],
    )

    async def check(response: ClientResponse) -> None:
        if response.status != 101:
            raise _refused(pod, response.status, await response.text())

    # A session of its own: the shared one has a limited number of connections, and this one ends with the stream.
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=rest.ssl_context),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_read=_CONNECT_S),
        trust_env=True,
        raise_for_status=check,
    )
    try:
        websocket = await session.ws_connect(
            url,
            protocols=(_PROTOCOL,),
            headers=headers,
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
            proxy=rest.proxy,
            proxy_headers=rest.proxy_headers,
            server_hostname=rest.configuration.tls_server_name,
            max_msg_size=0,
        )
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
        await session.close()
        why = str(error) or type(error).__name__
        cause = Cause(f"No stream to pod {pod} through {api_client.configuration.host}: {why}", "", "")
        raise ApiUnreachable(cause) from error
    except BaseException:
        await session.close()
        raise
    return PodStream(session, websocket, protocol_factory(), pod)


def _refused(pod: str, status: int, text: str) -> SparkK8sError:
    """The error for an answer that is no stream: the API server's Status object, or plain text of the kubelet's."""
    try:
        body = json.loads(text)
    except ValueError:
        body = {"message": text[:500]}
    error = refusal(status, body if isinstance(body, dict) else {})
    if status == 404 or "pod not found" in error.message:
        return PodGone(f"The pod {pod} was deleted or has ended: {error.message}")
    return error


def _failed(pod: str, text: str) -> SparkK8sError:
    """The error for what the kubelet says on the error channel."""
    if "connection refused" in text:
        return PodUnreachable(f"Nothing listens (yet) in pod {pod}: {text}")
    if "network namespace" in text or "sandbox" in text:
        return PodGone(f"The pod {pod} was deleted or has ended: {text}")
    return PodUnreachable(f"Kubernetes can't forward to pod {pod}: {text}")


class PodStream(asyncio.Transport):
    """The stream, for an asyncio protocol: ``write``, ``close`` (after all is written) and ``abort`` (at once).

    ``connection_lost`` is called when everything is freed: with None after ``close`` and ``abort``, else with a
    SparkK8sError that says what happened.
    """

    def __init__(
        self, session: ClientSession, websocket: ClientWebSocketResponse[Any], protocol: asyncio.Protocol, pod: str
    ) -> None:
        super().__init__()
        self._session, self._websocket, self._protocol, self._pod = session, websocket, protocol, pod
        self._waiting: list[bytes] = []
        self._size = 0
        self._paused = self._closing = False
        self._wake = asyncio.Event()
        self._pumps = Tasks(f"stream to pod {pod}")
        self._reading = self._pumps.start(self._read(), "read")
        self._writing = self._pumps.start(self._write(), "write")
        self._life = Tasks(f"stream to pod {pod}")
        self._life.start(self._live(), "live")
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Send ``data`` as soon as the websocket takes it; what is written in one turn of the loop goes as one message."""
        if self._closing:
            return
        self._waiting.append(bytes(data))
        self._size += len(data)
        self._wake.set()
        if self._size > _HIGH and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Bytes that wait for the websocket."""
        return self._size

    def is_closing(self) -> bool:
        """Whether the stream has ended, or will when all is written."""
        return self._closing

    def close(self) -> None:
        """End the stream when all is written."""
        self._closing = True
        self._wake.set()

    def abort(self) -> None:
        """End the stream at once."""
        self._closing = True
        self._writing.cancel()

    async def _read(self) -> SparkK8sError:
        """Pass data on until the stream ends; the reason."""
        from aiohttp import WSMsgType

        begun = set()
        while True:
            message = await self._websocket.receive()
            if message.type is not WSMsgType.BINARY:
                why = str(self._websocket.exception() or message.extra or f"closed ({self._websocket.close_code})")
                return StreamLost(f"The stream to pod {self._pod} was cut: {why}")
            channel, data = message.data[0], message.data[1:]
            if channel not in begun:
                begun.add(channel)
            elif channel == _DATA and data:
                self._protocol.data_received(data)
            elif channel == _ERROR and data:
                return _failed(self._pod, data.decode(errors="replace"))

    async def _write(self) -> None:
        """Send what waits; return after ``close()`` only, since it is the reader who learns why a stream ended."""
        from aiohttp import ClientError

        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                message = b"".join((bytes((_DATA,)), *self._waiting))
                self._waiting.clear()
                self._size = 0
                try:
                    await self._websocket.send_bytes(message)
                except (ClientError, OSError):
                    await asyncio.wait({self._reading})
                if self._paused and self._size <= _LOW:
                    self._paused = False
                    self._protocol.resume_writing()
            if self._closing:
                return

    async def _live(self) -> None:
        """Wait for the end, free everything, tell the protocol."""
        ends: set[asyncio.Task[Any]] = {self._reading, self._writing}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        self._closing = True
        await self._pumps.close()
        if self._writing.cancelled():
            await self._session.close()  # no farewell: what follows only frees the websocket
        await self._websocket.close()
        await self._session.close()
        self._protocol.connection_lost(self._reason())

    def _reason(self) -> SparkK8sError | None:
        """Why the stream ended; None where we ended it."""
        if self._reading.cancelled():
            return None
        error = self._reading.exception()  # a fault of the protocol's: it is in the log
        return StreamLost(f"The stream to pod {self._pod} can't go on: {error!r}") if error else self._reading.result()
