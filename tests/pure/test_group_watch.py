"""The watch whose listeners are told of several objects at once, on a stream that the test writes: what a listener knows after
each event, after a gap, and what one learns that comes later.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from jupyter_sparkk8s.errors import ApiError, Cause
from jupyter_sparkk8s.kubernetes.watch import GroupWatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from jupyter_sparkk8s.kubernetes.client import Cluster


def _pod(name: str, kernel: str = "k", phase: str = "Pending") -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"kernel": kernel}, "resourceVersion": "5"}, "status": {"phase": phase}}


class Wire:
    """Stands where the connection to an API server would."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Any] = asyncio.Queue()
        self.items: list[dict[str, Any]] = []

    async def stream(self, *_args: Any) -> AsyncIterator[dict[str, Any]]:
        while True:
            event = await self.events.get()
            if isinstance(event, Exception):
                raise event
            yield event

    async def request(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        return {"metadata": {"resourceVersion": "9"}, "items": self.items}


async def test_groups() -> None:
    wire, told, later = Wire(), list[Any](), list[Any]()
    watch = GroupWatch(cast("Cluster", wire), "n", "pods", {}, lambda pod: str(pod["metadata"]["labels"]["kernel"]))

    async def tell(kind: str, pod: dict[str, Any]) -> None:
        wire.events.put_nowait({"type": kind, "object": pod})
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    await watch.subscribe("k", lambda pods: told.append(pods))
    await tell("ADDED", _pod("a"))
    await tell("ADDED", _pod("b"))
    await tell("ADDED", _pod("z", kernel="other"))
    assert [sorted(pods) for pods in told] == [["a"], ["a", "b"]]
    await watch.subscribe("k", lambda pods: later.append(pods))
    assert [sorted(pods) for pods in later] == [["a", "b"]]
    await tell("MODIFIED", _pod("a", phase="Running"))
    assert told[-1]["a"]["status"]["phase"] == "Running"
    await tell("DELETED", _pod("a"))
    assert sorted(told[-1]) == sorted(later[-1]) == ["b"]
    assert sorted(told[1]) == ["a", "b"]  # what was told is not changed afterwards
    wire.items = [_pod("c")]
    wire.events.put_nowait(ApiError(Cause("gone", "", ""), status=410, reason="Expired", message=""))
    for _ in range(10):
        await asyncio.sleep(0)
    assert sorted(told[-1]) == ["c"]
    for listener in list(watch._listeners["k"]):
        await watch.unsubscribe("k", listener)
    assert not watch.is_open
