"""Tasks: named, owned, guarded, and ended when close() returns."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from jupyter_sparkk8s import tasks as tasks_module
from jupyter_sparkk8s.tasks import Tasks, within


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _boom() -> None:
    raise LookupError("no such pod")


def test_a_task_carries_its_owner_and_gives_its_result() -> None:
    async def main() -> None:
        async with Tasks("kernel 1") as tasks:
            task = tasks.start(asyncio.sleep(0, result=7), "answer")
            assert task.get_name() == "kernel 1: answer"
            assert await task == 7
            assert len(tasks) == 0

    asyncio.run(main())


def test_an_exception_is_logged_with_the_tasks_name_and_reaches_the_awaiter(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Tasks("kernel 1") as tasks:
            task = tasks.start(_boom(), "find the pod")
            with pytest.raises(LookupError):
                await task

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert "Task kernel 1: find the pod failed: no such pod" in caplog.text
    assert "Traceback" in caplog.text


def test_close_ends_every_task_and_starts_no_more() -> None:
    async def main() -> None:
        tasks = Tasks("kernel 1")
        running = [tasks.start(_for_ever(), f"wait {i}") for i in range(5)]
        await asyncio.sleep(0)
        await tasks.close()
        assert all(task.cancelled() for task in running)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        with pytest.raises(RuntimeError, match="kernel 1 is closed"):
            tasks.start(_for_ever(), "late")
        await tasks.close()

    asyncio.run(main())


def test_a_task_that_eats_its_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks_module, "_CANCEL_AGAIN_S", 0.02)

    async def deaf() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    async def main() -> None:
        tasks = Tasks("kernel 1")
        task = tasks.start(deaf(), "deaf")
        await asyncio.sleep(0)
        await tasks.close()
        assert task.cancelled()

    asyncio.run(main())
    assert "kernel 1: deaf has not ended" in caplog.text


def test_a_task_may_close_its_own_group() -> None:
    async def main() -> None:
        tasks = Tasks("kernel 1")
        other = tasks.start(_for_ever(), "other")

        async def closer() -> str:
            await tasks.close()
            return "went on"

        assert await tasks.start(closer(), "closer") == "went on"
        assert other.cancelled()

    asyncio.run(main())


def test_settling_waits_and_cancels_nothing() -> None:
    async def main() -> None:
        tasks, done = Tasks("kernel 1"), list[int]()

        async def work(number: int) -> None:
            await asyncio.sleep(0.01 * number)
            done.append(number)
            if number == 1:
                tasks.start(work(2), "more")

        tasks.start(work(1), "work")
        await tasks.settle()
        assert done == [1, 2]
        await tasks.close()

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(8))
def test_a_cancellation_is_heard_whenever_it_comes(turns: int) -> None:
    """Also in the moment in which the work ends: here each of the first turns of the loop is tried."""

    async def fails() -> None:
        await asyncio.sleep(0)
        raise OSError("not yet")

    async def tries_again() -> None:
        while True:
            with contextlib.suppress(OSError):
                await within(fails(), 60)

    async def main() -> None:
        trying = asyncio.create_task(tries_again())
        for _ in range(turns):
            await asyncio.sleep(0)
        trying.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
        assert trying.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_work_has_so_long_and_no_longer() -> None:
    async def main() -> None:
        ended = []

        async def work() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(True)

        with pytest.raises(asyncio.TimeoutError):
            await within(work(), 0.01)
        assert ended == [True]
        assert await within(asyncio.sleep(0, "result"), 60) == "result"

    asyncio.run(main())
