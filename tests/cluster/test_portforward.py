"""The way from a server outside of the cluster into a pod: API server, kubelet, container runtime and cuts are real."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jupyter_sparkk8s.errors import ApiError, ApiUnreachable, PodGone, PodUnreachable
from jupyter_sparkk8s.kubernetes.client import Cluster
from jupyter_sparkk8s.kubernetes.portforward import connect
from jupyter_sparkk8s.relay import client as client_module
from jupyter_sparkk8s.relay.client import RelayClient
from tests.support.proxy import Proxy

from .relay_pod import ECHO, RELAY, RelayPod, relay_pod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MB = 1 << 20


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    await cluster.open()
    yield cluster
    await cluster.close()


@pytest.fixture
async def pod(cluster: Cluster) -> AsyncIterator[RelayPod]:
    async with relay_pod(cluster) as pod:
        yield pod


@pytest.fixture
async def proxy(cluster: Cluster) -> AsyncIterator[Proxy]:
    """Between this machine and the API server, for all that is opened afterwards."""
    settings = cluster.api_client.configuration
    api = urlsplit(settings.host)
    assert api.hostname is not None
    async with Proxy(api.port or 443, api.hostname).run() as proxy:
        direct, settings.host = settings.host, f"https://127.0.0.1:{proxy.port}"
        settings.tls_server_name = settings.tls_server_name or api.hostname
        yield proxy
        settings.host = direct


class Way:
    """A relay's client, and how often it asked the API server for a stream."""

    def __init__(self, pod: RelayPod, port: int = RELAY) -> None:
        self.requests = 0

        async def stream(factory: Callable[[], asyncio.Protocol]) -> object:
            self.requests += 1
            return await connect(pod.cluster.api_client, pod.namespace, pod.name, port, factory)

        self.client = RelayClient(stream, pod.token, f"pod {pod.name}")


async def _echo(port: int, size: int) -> None:
    """Send ``size`` random bytes and check that the same come back, in order and nothing else."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MB)
    sent, seen = hashlib.sha256(), hashlib.sha256()

    async def send() -> None:
        for _ in range(size // MB):
            data = os.urandom(MB)
            sent.update(data)
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    sending = asyncio.get_running_loop().create_task(send())
    while data := await reader.read(MB):
        seen.update(data)
    await sending
    writer.close()
    assert seen.digest() == sent.digest()


async def test_one_request_carries_any_number_of_connections(pod: RelayPod) -> None:
    way = Way(pod)
    await way.client.start()
    port = await way.client.forward(ECHO)
    await asyncio.gather(*(_echo(port, MB) for _ in range(20)))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(300):
        begun = time.perf_counter()
        writer.write(b"x" * 200)
        await reader.readexactly(200)
        times.append(time.perf_counter() - begun)
    writer.close()
    assert way.requests == 1
    assert sorted(times)[150] < 0.01, f"median round trip {sorted(times)[150] * 1000:.2f} ms"
    await way.client.stop()


async def test_a_hundred_megabytes_each_way(pod: RelayPod) -> None:
    way = Way(pod)
    await way.client.start()
    await _echo(await way.client.forward(ECHO), 100 * MB)
    assert way.requests == 1
    await way.client.stop()


async def test_a_hundred_megabytes_over_cuts_of_the_tcp_connection(
    pod: RelayPod, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_LAST_DELAY_S", 0.05)  # in seconds the cuts of a month
    dice = random.Random(3)
    proxy.cut_after = lambda: dice.randrange(1 * MB, 25 * MB)
    way = Way(pod)
    await way.client.start()
    await _echo(await way.client.forward(ECHO), 100 * MB)
    assert proxy.cuts >= 6
    assert way.requests <= proxy.cuts + 3
    await way.client.stop()


async def test_a_proxy_that_cuts_idle_streams_after_five_seconds_never_does(pod: RelayPod, proxy: Proxy) -> None:
    proxy.idle_s = 5
    way = Way(pod)
    await way.client.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", await way.client.forward(ECHO))
    await asyncio.sleep(12)
    writer.write(b"still here")
    assert await asyncio.wait_for(reader.readexactly(10), 2) == b"still here"
    assert way.requests == 1
    writer.close()
    await way.client.stop()


async def test_a_deleted_pod_ends_all_with_a_clear_reason(pod: RelayPod) -> None:
    way = Way(pod)
    await way.client.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", await way.client.forward(ECHO))
    writer.write(b"x")
    await reader.readexactly(1)
    await pod.delete()
    reason = await asyncio.wait_for(way.client.ended, 10)
    assert isinstance(reason, PodGone)
    assert f"The pod {pod.name} " in str(reason)
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(PodGone, match=f"The pod {pod.name} was deleted or has ended"):
        await Way(pod).client.start()
    await way.client.stop()


async def test_a_container_that_ended_ends_all_with_a_clear_reason(pod: RelayPod) -> None:
    way = Way(pod)
    await way.client.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", await way.client.forward(ECHO))
    writer.write(b"end of the container")
    reason = await asyncio.wait_for(way.client.ended, 20)
    assert isinstance(reason, PodGone)
    assert f"The pod {pod.name} " in str(reason)
    assert await reader.read() == b""
    writer.close()
    await way.client.stop()


async def test_a_port_where_nobody_listens_says_so(pod: RelayPod) -> None:
    way = Way(pod, port=6999)
    with pytest.raises(PodUnreachable, match=rf"Nothing listens \(yet\) in pod {pod.name}: .*6999.*connection refused"):
        await way.client.start(timeout_s=0.3)
    assert 2 <= way.requests <= 6
    await way.client.stop()


async def test_missing_rights_are_named(pod: RelayPod) -> None:
    path = f"/api/v1/namespaces/{pod.namespace}/serviceaccounts"
    await pod.cluster.request("POST", path, body={"metadata": {"name": "nobody"}})
    answer = await pod.cluster.request("POST", f"{path}/nobody/token", body={"spec": {}})
    nobody = Cluster()
    await nobody.open()
    settings = nobody.api_client.configuration
    settings.api_key = {"BearerToken": f"Bearer {answer['status']['token']}"}
    settings.cert_file = settings.key_file = None
    rest = type(nobody.api_client.rest_client)(settings)
    nobody.api_client.rest_client, old = rest, nobody.api_client.rest_client
    await old.close()
    with pytest.raises(ApiError, match="nobody may not get pods/portforward in namespace") as failure:
        await connect(nobody.api_client, pod.namespace, pod.name, RELAY, asyncio.Protocol)
    assert failure.value.status == 403
    await nobody.close()


async def test_an_api_server_that_is_away_is_said_to_be(pod: RelayPod, proxy: Proxy) -> None:
    proxy.refuse = True
    with pytest.raises(ApiUnreachable, match=f"No stream to pod {pod.name} through https://127.0.0.1"):
        await connect(pod.cluster.api_client, pod.namespace, pod.name, RELAY, asyncio.Protocol)


async def test_a_stream_leaves_no_task_and_no_file_descriptor(pod: RelayPod) -> None:
    def left() -> tuple[int, int]:
        gc.collect()
        return len(asyncio.all_tasks()), len(list(Path("/dev/fd").iterdir()))

    before = left()
    for _ in range(5):
        way = Way(pod)
        await way.client.start()
        await _echo(await way.client.forward(ECHO), MB)
        await way.client.stop()
    tasks, files = left()
    assert tasks == before[0]
    assert files <= before[1]  # fewer: the API client lets idle connections go
