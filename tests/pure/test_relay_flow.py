"""A slow reader holds up itself alone, and memory is bounded whoever is slow: reader, stream or nobody at the other end."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from jupyter_sparkk8s.relay import link as link_module
from jupyter_sparkk8s.relay.wire import WINDOW

from .relay_rig import rig, target

if TYPE_CHECKING:
    import pytest

MB = 1 << 20
# One read of asyncio's beyond the window, and the frames' headers.
BOUND = WINDOW + MB // 2


async def _flood(writer: asyncio.StreamWriter, count: int) -> None:
    for number in range(count):
        writer.write(number.to_bytes(4, "big") * (MB // 4))
        await writer.drain()
    writer.write_eof()


async def test_a_slow_reader_holds_up_itself_alone() -> None:
    go = asyncio.Event()
    seen = 0

    async def lazy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await go.wait()
        while data := await reader.read(MB):
            seen += len(data)
        writer.write(b"all")

    async with target(lazy) as slow, target() as quick, rig() as way:
        client = way.client()
        await client.start()
        slow_reader, slow_writer = await asyncio.open_connection("127.0.0.1", await client.forward(slow))
        flood = asyncio.get_running_loop().create_task(_flood(slow_writer, 24))
        await asyncio.sleep(0.2)
        assert not flood.done()
        assert client._link.held < BOUND
        (pod_link,) = way.pod._links.values()
        waiting = [channel._transport.get_write_buffer_size() for channel in pod_link.channels.values() if channel._transport]
        assert sum(waiting) < BOUND
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(quick))
        began = time.perf_counter()
        for _ in range(20):
            writer.write(b"ping")
            await reader.readexactly(4)
        assert time.perf_counter() - began < 0.1
        go.set()
        assert await slow_reader.readexactly(3) == b"all"
        assert seen == 24 * MB
        await flood
        for one in (writer, slow_writer):
            one.close()
        await client.stop()


async def test_nothing_piles_up_while_the_stream_is_cut() -> None:
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port), limit=MB)
        (pod_link,) = way.pod._links.values()
        flood = asyncio.get_running_loop().create_task(_flood(writer, 16))
        got = len(await reader.readexactly(2 * MB))
        way.proxy.refuse = True
        way.proxy.cut()
        await asyncio.sleep(0.2)
        assert client._link.held < BOUND
        assert pod_link.held < BOUND
        way.proxy.refuse = False
        while data := await reader.read(MB):
            got += len(data)
        assert got == 16 * MB
        await flood
        await asyncio.sleep(0.02)
        assert client._link.held < MB // 2  # what is confirmed is let go
        assert pod_link.held < MB // 2
        writer.close()
        await client.stop()


async def test_each_direction_of_a_connection_ends_by_itself() -> None:
    async def answer_after_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.read()
        await asyncio.sleep(0.01)
        writer.write(question[::-1] * 100_000)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with target(answer_after_the_end) as port, rig() as way:
        client = way.client()
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port))
        writer.write(b"abc")
        writer.write_eof()
        assert await reader.read() == b"cba" * 100_000
        writer.close()
        await asyncio.sleep(0.02)
        assert not client._link.channels
        (pod_link,) = way.pod._links.values()
        assert not pod_link.channels
        await client.stop()


async def test_too_many_connections_are_turned_away_and_the_others_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "_CHANNELS_MAX", 20)
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        local = await client.forward(port)
        pairs = [await asyncio.open_connection("127.0.0.1", local) for _ in range(25)]
        await asyncio.sleep(0.05)
        assert len(client._link.channels) == 20
        reader, writer = pairs[0]
        writer.write(b"first")
        assert await reader.readexactly(5) == b"first"
        assert await pairs[-1][0].read() == b""
        for _, one in pairs:
            one.close()
        await client.stop()
