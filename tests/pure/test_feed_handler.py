"""What a feed sends: who is slow to take a frame gets, instead of each that came in between, one with all that has changed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from jupyter_sparkk8s.monitor.monitor import Viewer
from jupyter_sparkk8s.server.feed import FeedHandler


async def test_a_slow_client_is_sent_merged_deltas() -> None:
    frames: list[dict[str, Any]] = []
    taken = asyncio.Event()

    async def write(frame: dict[str, Any]) -> None:
        frames.append(frame)
        await taken.wait()

    async def first_views(_within_s: float) -> None:
        pass

    monitor = SimpleNamespace(kernels={"k": {"stale_s": 0}}, first_views=first_views)
    handler: Any = SimpleNamespace(_monitor=monitor, _write=write, _about=dict)
    viewer = Viewer()
    sending = asyncio.get_running_loop().create_task(FeedHandler._send(handler, viewer))
    for number in range(300):
        monitor.kernels = {"k": {"stale_s": number}}
        viewer.changed.set()
        await asyncio.sleep(0)
    assert [frame["type"] for frame in frames] == ["snapshot"]
    taken.set()
    await asyncio.sleep(0.2)
    assert frames[1:] == [{"type": "delta", "kernels": {"k": {"stale_s": 299}}}]
    sending.cancel()
