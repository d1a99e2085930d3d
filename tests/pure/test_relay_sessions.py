"""Who may have a session with a pod's relay, how sessions end, and what is left then: nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.errors import ApiError, Cause, PodGone, PodUnreachable, SparkK8sError
from jupyter_sparkk8s.relay.client import RelayClient, RelayRefusedError, SessionLostError
from jupyter_sparkk8s.relay.pod import Relay
from jupyter_sparkk8s.relay.wire import HEADER, HELLO, MAGIC, REPLY, digest

from .relay_rig import TOKEN, ask, listener, rig, target

if TYPE_CHECKING:
    from collections.abc import Callable


def _open_files() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


async def test_stop_leaves_no_task_and_no_file_descriptor() -> None:
    before = _open_files()
    async with target() as port, rig() as way:
        inside, tasks = _open_files(), asyncio.all_tasks()
        client = way.client()
        await client.start()
        local = await client.forward(port)
        assert await client.forward(port) == local
        for _ in range(5):
            assert await ask(local, b"hello") == b"hello"
        idle = [await asyncio.open_connection("127.0.0.1", local) for _ in range(5)]
        inner_reader, inner_writer = await client.open(port)
        inner_writer.write(b"inner")
        assert await inner_reader.readexactly(5) == b"inner"
        await client.stop()
        await client.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", local)
        for reader, writer in [*idle, (inner_reader, inner_writer)]:
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)  # the pod's end has read the goodbye
        assert not way.pod._links
        assert not way.pod._streams
        assert {task for task in asyncio.all_tasks() if task not in tasks} == set()
        assert _open_files() == inside
    assert _open_files() == before


async def test_a_wrong_token_is_refused_at_once_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with target() as port, rig() as way:
        with pytest.raises(RelayRefusedError, match="pod driver-1 refused our token"):
            await way.client("guessed").start()
        client = way.client()
        await client.start()
        assert await ask(await client.forward(port), b"right") == b"right"
        await client.stop()
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "greeting", [b"", b"GET / HTTP/1.1\r\n" * 9, HELLO.pack(b"sparkk8\x00", digest(TOKEN), b"", False, 0, 0)]
)
async def test_a_stranger_gets_no_session(greeting: bytes) -> None:
    async with rig() as way:
        reader, writer = await asyncio.open_connection("127.0.0.1", way.proxy.port)
        writer.write(greeting)
        if greeting:
            assert await reader.read() == REPLY.pack(MAGIC, 1, 0)
        assert not way.pod._links
        writer.close()


@pytest.mark.parametrize(
    "frames",
    [
        HEADER.pack(99, 1, 0),
        HEADER.pack(2, 1, 1 << 30),
        HEADER.pack(1, 1, 1) + b"x",
        HEADER.pack(6, 0, 8) + struct.pack("!Q", 77),
    ],
    ids=["unknown kind", "too long", "port cut short", "confirms what was never sent"],
)
async def test_nonsense_after_the_greeting_ends_that_session_alone(frames: bytes) -> None:
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", way.proxy.port)
        writer.write(HELLO.pack(MAGIC, digest(TOKEN), b"s" * 16, False, 0, 1000) + frames)
        assert (await reader.read()).startswith(REPLY.pack(MAGIC, 0, 0))
        writer.close()
        assert await ask(await client.forward(port), b"untouched") == b"untouched"
        assert len(way.pod._links) == 1
        await client.stop()


async def test_two_clients_have_sessions_of_their_own() -> None:
    async with target() as port, rig() as way:
        first, second = way.client(), way.client()
        await first.start()
        await second.start()
        assert await ask(await first.forward(port), b"1") == b"1"
        assert await ask(await second.forward(port), b"2") == b"2"
        await first.stop()
        assert await ask(await second.forward(port), b"2") == b"2"
        await second.stop()


async def test_a_session_lives_without_its_client_and_the_latest_few_are_kept() -> None:
    async with target() as port, rig() as way:
        clients = [way.client() for _ in range(6)]
        for client in clients:
            await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await clients[-1].forward(port))
        assert way.pod.alone_s == 0
        way.proxy.refuse = True
        way.proxy.cut()
        writer.write(b"said while it was away")
        await asyncio.sleep(0.15)
        assert way.pod.alone_s > 0.09
        assert len(way.pod._links) == 4
        way.proxy.refuse = False
        assert await asyncio.wait_for(reader.readexactly(22), 0.8) == b"said while it was away"
        assert way.pod.alone_s == 0
        writer.close()
        await writer.wait_closed()
        lost = [client for client in clients if client.ended.done()]
        assert len(lost) <= 2
        for client in clients:
            await client.stop()


@pytest.mark.parametrize("end", ["pod", "server"])
async def test_a_session_broken_by_a_fault_ends_all_with_the_reason(end: str) -> None:
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        local = await client.forward(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", local)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        (link,) = [client._link] if end == "pod" else way.pod._links.values()
        assert link.stream is not None
        link.stream.write(HEADER.pack(99, 1, 0))  # what the other end reads can't be right
        reason = await asyncio.wait_for(client.ended, 0.8)
        assert isinstance(reason, SessionLostError)
        assert "output may be missing" in str(reason)
        assert await reader.read() == b""  # told, not left waiting
        writer.close()
        await writer.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", local)
        await client.stop()


async def test_a_port_that_refuses_or_is_not_allowed_closes_the_local_connection_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    async with target() as port, rig(ports=range(nobody, nobody + 1)) as way:
        client = way.client()
        await client.start()
        for denied in (nobody, port):
            assert await asyncio.wait_for(ask(await client.forward(denied), b""), 0.5) == b""
            reader, writer = await client.open(denied)
            assert await asyncio.wait_for(reader.read(), 0.5) == b""
            writer.close()
        await client.stop()


async def test_forward_avoids_ports() -> None:
    async with rig() as way:
        client = way.client()
        await client.start()
        assert all([await client.forward(port, avoid=range(0, 65536, 2)) % 2 for port in range(1, 8)])
        await client.stop()


async def test_start_waits_for_a_relay_that_is_not_there_yet_and_gives_up_in_time() -> None:
    attempts = 0

    def connect(working: bool) -> Callable[[Any], Any]:
        async def attempt(factory: Callable[[], asyncio.Protocol]) -> object:
            nonlocal attempts
            attempts += 1
            if attempts < 3 or not working:
                raise PodUnreachable("connection refused")
            return await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", way.proxy.port)

        return attempt

    async with rig() as way:
        client = RelayClient(connect(True), TOKEN, "pod x")
        await client.start()
        assert attempts == 3
        await client.stop()
        hopeless = RelayClient(connect(False), TOKEN, "pod x")
        with pytest.raises(PodUnreachable, match="connection refused"):
            await hopeless.start(timeout_s=0.1)
        await hopeless.stop()


@pytest.mark.parametrize(
    "error",
    [
        PodGone("no pod x"),
        ApiError(Cause("pods/portforward is forbidden", "", ""), status=403, reason="Forbidden", message=""),
    ],
)
async def test_start_does_not_wait_where_waiting_does_not_help(error: SparkK8sError) -> None:
    async def connect(_: Callable[[], asyncio.Protocol]) -> object:
        raise error

    with pytest.raises(type(error), match=str(error)):
        await RelayClient(connect, TOKEN, "pod x").start(timeout_s=60)


async def test_a_pod_that_is_gone_ends_all_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    gone = False

    async def connect(factory: Callable[[], asyncio.Protocol]) -> object:
        if gone:
            raise PodGone("The pod driver-1 was deleted")
        return await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", way.proxy.port)

    async with target() as port, rig() as way:
        client = RelayClient(connect, TOKEN, "pod driver-1")
        await client.start()
        local = await client.forward(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", local)
        gone = True
        with caplog.at_level(logging.INFO):
            way.proxy.cut()
            assert str(await asyncio.wait_for(client.ended, 0.5)) == "The pod driver-1 was deleted"
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", local)
        with pytest.raises(PodGone):
            await client.forward(port)
        assert "driver-1 was deleted" in caplog.text
        await client.stop()


async def test_stop_while_there_is_no_stream() -> None:
    async with rig() as way:
        client = way.client()
        await client.start()
        way.proxy.refuse = True
        way.proxy.cut()
        await asyncio.sleep(0.03)
        await asyncio.wait_for(client.stop(), 0.5)


async def test_the_pods_end_stops_with_connections_open() -> None:
    async with target() as port:
        pod, sock = Relay(TOKEN, range(1, 65536)), listener()
        await pod.start(sock)
        at = sock.getsockname()[1]
        client = RelayClient(
            lambda factory: asyncio.get_running_loop().create_connection(factory, "127.0.0.1", at), TOKEN, "pod x"
        )
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port))
        writer.write(b"x")
        await reader.readexactly(1)
        await asyncio.wait_for(pod.stop(), 0.5)
        await client.stop()
        writer.close()
