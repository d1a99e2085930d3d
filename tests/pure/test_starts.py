"""Starts under way that are cancelled."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_sparkk8s.backends.base import ConnectionInfo
from jupyter_sparkk8s.errors import StartCancelled
from jupyter_sparkk8s.provisioner.starts import Starts


async def test_a_start_that_many_cancel_cleans_up_in_peace() -> None:
    starts, cleaned_up = Starts(), []

    async def start() -> ConnectionInfo:
        try:
            return await asyncio.Future()
        finally:
            await asyncio.sleep(0.02)
            cleaned_up.append(True)

    async def run() -> None:
        with pytest.raises(StartCancelled):
            await starts.run("k", start())

    async def cancel(after_s: float) -> bool:
        await asyncio.sleep(after_s)
        return await starts.cancel("k")

    _, *cancelled = await asyncio.gather(run(), cancel(0.01), cancel(0.01), cancel(0.02))
    assert cleaned_up == [True]
    assert cancelled == [True] * 3
    assert not await starts.cancel("k")
