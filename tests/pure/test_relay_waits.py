"""The pod's end of the relay waits for the kernel's ports, and for no other."""

from __future__ import annotations

import asyncio

from .relay_rig import listener, rig


async def test_a_port_that_is_awaited_is_there_when_something_listens_and_refused_after_a_while() -> None:
    with listener() as free, listener() as other:
        later, never = free.getsockname()[1], other.getsockname()[1]
    async with rig(awaited={later}) as way:
        client = way.client()
        await client.start()
        reader, writer = await client.open(never)
        assert await reader.read() == b""
        writer.close()
        reader, writer = await client.open(later)
        writer.write(b"hello")
        await asyncio.sleep(0.1)

        async def greet(_: asyncio.StreamReader, peer: asyncio.StreamWriter) -> None:
            peer.write(b"welcome")
            peer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", later)
        assert await reader.read() == b"welcome"
        writer.close()
        server.close()
        reader, writer = await client.open(later)
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()
        await client.stop()
