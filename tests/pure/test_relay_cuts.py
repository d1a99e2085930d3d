"""The relay's promise: whatever happens to the stream, no byte is lost, doubled or out of order, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time

import pytest

from jupyter_sparkk8s.relay import client as client_module

from .relay_rig import ask, rig, target

MB = 1 << 20


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test have in a second the cuts of a month: streams that die young are replaced at once."""
    monkeypatch.setattr(client_module, "_LAST_DELAY_S", 0.002)


async def _through(port: int, data: bytes) -> bytes:
    """Send all, read all back at the same time; the digest of what came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MB)

    async def send() -> None:
        for at in range(0, len(data), 100_003):
            writer.write(data[at : at + 100_003])
            await writer.drain()
        writer.write_eof()

    seen = hashlib.sha256()
    sending = asyncio.get_running_loop().create_task(send())
    while part := await reader.read(MB):
        seen.update(part)
    await sending
    writer.close()
    return seen.digest()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.usefixtures("eager")
async def test_every_byte_arrives_once_and_in_order_over_random_cuts(seed: int) -> None:
    dice = random.Random(seed)
    async with target() as port, rig() as way:
        way.proxy.cut_after = lambda: dice.choice((dice.randrange(1, 400), dice.randrange(1_000, 2_000_000)))
        client = way.client()
        await client.start()
        local = await client.forward(port)
        loads = [dice.randbytes(dice.randrange(1, 2 * MB)) for _ in range(4)]
        seen = await asyncio.gather(*(_through(local, load) for load in loads))
        assert seen == [hashlib.sha256(load).digest() for load in loads]
        assert way.proxy.cuts >= 3
        await client.stop()


@pytest.mark.usefixtures("eager")
async def test_small_messages_keep_their_order_over_cuts_at_any_moment() -> None:
    dice = random.Random(7)
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port))
        for batch in range(60):
            asyncio.get_running_loop().call_later(dice.uniform(0, 0.002), way.proxy.cut)
            messages = [b"%d:%d;" % (batch, number) for number in range(20)]
            for message in messages:
                writer.write(message)
                await asyncio.sleep(0)
            whole = b"".join(messages)
            assert await reader.readexactly(len(whole)) == whole
        assert way.proxy.cuts > 30
        writer.close()
        await client.stop()


async def test_a_stream_that_hangs_is_found_dead_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_ANSWER_S", 0.1)
    async with target() as port, rig() as way:
        client = way.client(ping_s=0.02)
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port))
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        way.proxy.stall = True
        writer.write(b"during")
        began = time.monotonic()
        await way.proxy.next_stream()
        assert 0.08 < time.monotonic() - began < 0.4  # six intervals of 20 ms
        await asyncio.sleep(0.15)  # a stream whose greeting hangs is given up as well
        way.proxy.stall = False
        assert await asyncio.wait_for(reader.readexactly(6), 0.8) == b"during"
        writer.close()
        await client.stop()


@pytest.mark.parametrize(("ping_s", "cuts"), [(0.03, 0), (5.0, 1)])
async def test_keep_alive_defeats_a_proxy_that_cuts_idle_streams(ping_s: float, cuts: int) -> None:
    async with target() as port, rig() as way:
        way.proxy.idle_s = 0.1
        client = way.client(ping_s=ping_s)
        await client.start()
        local = await client.forward(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", local)
        await asyncio.sleep(0.35)
        assert min(way.proxy.cuts, 1) == cuts
        writer.write(b"still there")
        assert await reader.readexactly(11) == b"still there"
        writer.close()
        await client.stop()


async def test_no_way_to_the_pod_for_a_while_is_waited_out() -> None:
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", await client.forward(port))
        way.proxy.refuse = True
        way.proxy.cut()
        writer.write(b"patience")
        await asyncio.sleep(0.2)
        assert way.proxy.streams < 8  # each attempt is a request to the API server: they back off
        way.proxy.refuse = False
        assert await asyncio.wait_for(reader.readexactly(8), 0.9) == b"patience"
        writer.close()
        await client.stop()


async def test_connections_made_while_the_stream_is_cut_are_served_when_it_is_back() -> None:
    async with target() as port, rig() as way:
        client = way.client()
        await client.start()
        local = await client.forward(port)
        way.proxy.refuse = True
        way.proxy.cut()
        asking = asyncio.get_running_loop().create_task(ask(local, b"x" * 300_000))
        await asyncio.sleep(0.05)
        assert not asking.done()
        assert client._link.held < 1000  # they wait in their sockets, not here
        way.proxy.refuse = False
        assert await asking == b"x" * 300_000
        await client.stop()
