"""Who looks and what is done for it, with drivers that the test makes: collectors live while a feed is open, views follow the
kernels' lives, and what is out of date says so. Real drivers are in the other rings.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.backends.base import ConnectionInfo, Driver
from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.models.driver import DriverFacts
from jupyter_sparkk8s.models.executor import Executor
from jupyter_sparkk8s.monitor import collector
from jupyter_sparkk8s.monitor.monitor import Monitor, Viewer
from jupyter_sparkk8s.provisioner.lives import Life, Lives

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence


class Pod(Driver):
    """A driver that has no Spark yet; keeps who follows its executors."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.trouble = ""
        self.see: Callable[[Sequence[Executor]], None] | None = None

    def is_followed(self) -> bool:
        return self.see is not None

    async def start(self) -> ConnectionInfo:
        raise NotImplementedError

    def poll(self) -> int | None:
        return self.code

    def death(self) -> Cause:
        raise NotImplementedError

    async def wait(self) -> int:
        raise NotImplementedError

    async def send_signal(self, signum: int) -> None:
        raise NotImplementedError

    async def terminate(self) -> None:
        raise NotImplementedError

    async def kill(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    def facts(self) -> DriverFacts:
        return DriverFacts("kubernetes", pod=f"pod-{id(self)}", memory_limit=1 << 30)

    def unseen(self) -> str:
        return self.trouble

    async def memory_used(self) -> int:
        return 1 << 29

    async def follow_executors(self, see: Callable[[Sequence[Executor]], None] | None) -> None:
        self.see = see


@pytest.fixture
def lives() -> Lives:
    return Lives()


@pytest.fixture
async def monitor(lives: Lives) -> AsyncIterator[Monitor]:
    made = Monitor(lives)
    yield made
    await made.close()


def add(lives: Lives, kernel_id: str = "k", phase: str = "started") -> tuple[Life, Pod]:
    """A kernel that has come so far."""
    life, driver = lives.of(kernel_id), Pod()
    life.start = {"phase": phase, "notebook": "n.ipynb", "launch": 1}
    life.driver = driver
    lives.tell()
    return life, driver


async def until(viewer: Viewer, monitor: Monitor, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return what is told of kernel k as soon as it is so."""
    while not condition(monitor.kernels.get("k", {})):
        viewer.changed.clear()
        await asyncio.wait_for(viewer.changed.wait(), 5)
    found: dict[str, Any] = monitor.kernels.get("k", {})
    return found


async def test_nothing_is_followed_while_nobody_looks(lives: Lives, monitor: Monitor) -> None:
    _, driver = add(lives)
    await asyncio.sleep(0.05)
    assert (driver.is_followed(), monitor.kernels) == (False, {})
    viewer, other = monitor.join(), monitor.join()
    await monitor.first_views(5)
    assert monitor.kernels["k"]["phase"] == "python"
    assert driver.is_followed()
    monitor.leave(viewer)
    await asyncio.sleep(0.05)
    assert driver.is_followed()
    monitor.leave(other)
    while driver.is_followed():  # noqa: ASYNC110 - its end is a task of the monitor's own
        await asyncio.sleep(0.01)
    assert monitor.kernels == {}


async def test_what_happens_to_a_kernel_is_told(lives: Lives, monitor: Monitor) -> None:
    viewer = monitor.join()
    life, driver = add(lives, phase="pulling")
    await until(viewer, monitor, lambda k: k.get("phase") == "pulling")
    life.start = {**life.start, "phase": "started"}
    lives.tell()
    kernel = await until(viewer, monitor, lambda k: k["phase"] == "python")
    assert kernel["driver"]["pod"] == driver.facts().pod
    life.driver = second = Pod()
    lives.tell()
    await until(viewer, monitor, lambda k: k["driver"]["pod"] == second.facts().pod)
    assert not driver.is_followed()
    assert second.is_followed()
    second.code = 137
    cause = {"title": "t", "said": "s", "next_step": "n"}
    life.death = {"kernel_id": "k", "notebook": "n", "cause": cause, "count": 1, "restarts": False}
    lives.tell()
    dead = await until(viewer, monitor, lambda k: k["phase"] == "dead")
    assert dead["death"]["cause"] == cause
    monitor.dismiss("k")
    await until(viewer, monitor, lambda k: not k)
    monitor.dismiss("k")
    monitor.dismiss("stranger")


async def test_executors_are_told_as_they_come(lives: Lives, monitor: Monitor) -> None:
    viewer = monitor.join()
    _, driver = add(lives)
    await until(viewer, monitor, bool)
    assert driver.see is not None
    driver.see([Executor("1", "pending", reason="No node can take the pod.")])
    kernel = await until(viewer, monitor, lambda k: k["executors"])
    assert kernel["counts"]["pending"] == 1
    assert kernel["findings"][0]["id"] == "executors-pending"


async def test_only_what_somebody_sees_is_read_in_full(lives: Lives, monitor: Monitor) -> None:
    first, second = monitor.join(), monitor.join()
    add(lives)
    brief = await until(first, monitor, bool)
    assert (brief["full"], brief["interval_s"], brief["driver"].get("memory_used")) == (False, 5.0, None)
    monitor.look(first, watched="k", visible=True)
    full = await until(first, monitor, lambda k: k["full"])
    assert (full["interval_s"], full["driver"]["memory_used"]) == (2.0, 1 << 29)
    monitor.look(second, watched="k", visible=True)
    monitor.look(first, watched="k", visible=False)
    monitor.look(second, watched=None, visible=True)
    await until(first, monitor, lambda k: not k["full"])


async def test_what_is_out_of_date_says_so(lives: Lives, monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_STALE_S", 0.0)
    viewer = monitor.join()
    _, driver = add(lives)
    assert (await until(viewer, monitor, bool))["stale_s"] == 0
    driver.trouble = "Kubernetes' API server can't be reached."
    lives.tell()
    kernel = await until(viewer, monitor, lambda k: k["stale_s"])
    assert kernel["stale_reason"] == driver.trouble
    driver.trouble = ""
    lives.tell()
    await until(viewer, monitor, lambda k: not k["stale_s"] and "stale_reason" not in k)


async def test_starts_that_were_cancelled_are_not_told(lives: Lives, monitor: Monitor) -> None:
    viewer = monitor.join()
    life, _ = add(lives, phase="queued")
    await until(viewer, monitor, bool)
    life.start = {**life.start, "phase": "cancelled"}
    lives.tell()
    await until(viewer, monitor, lambda k: not k)


async def test_nothing_is_told_of_a_cancelled_start_while_what_was_asked_of_it_ends(lives: Lives, monitor: Monitor) -> None:
    class Slow(Pod):
        async def follow_executors(self, see: Callable[[Sequence[Executor]], None] | None) -> None:
            await asyncio.sleep(0.2)

    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    monitor.join()
    life, _ = add(lives, phase="queued")
    life.driver = Slow()
    await asyncio.sleep(0.3)  # it is followed by then
    lives.tell()
    life.start = {**life.start, "phase": "cancelled"}
    lives.tell()
    await asyncio.sleep(0.3)
    assert faults == []
    assert monitor.kernels == {}


async def test_a_driver_that_has_ended_is_asked_nothing(lives: Lives, monitor: Monitor) -> None:
    viewer = monitor.join()
    _, driver = add(lives)
    await until(viewer, monitor, bool)
    assert driver.is_followed()
    driver.code = 1
    lives.tell()
    await until(viewer, monitor, lambda k: k["phase"] == "dead")
    assert not driver.is_followed()


async def test_after_the_servers_end_nothing_begins_again(lives: Lives, monitor: Monitor) -> None:
    viewer = monitor.join()
    _, driver = add(lives)
    await until(viewer, monitor, bool)
    await monitor.close()
    assert not driver.is_followed()
    add(lives, "other")
    monitor.leave(viewer)
    await asyncio.sleep(0.05)
    assert not driver.is_followed()
    assert monitor.kernels == {}
