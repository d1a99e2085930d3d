"""Numbers of answers that were given at several moments, made to fit each other: never more tasks than there can be; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..models.application import Job, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T", Job, Stage)
_GOES_ON = ("running", "active")


def possible(all_work: Sequence[T], slots: int) -> list[T]:
    """Jobs, or stages, of which no more tasks run than are left to do, and of all together no more than there are ``slots``
    (0: not known). Spark hands out a slot before it has counted the task that has ended there, and counts a task twice that
    it has done twice. What came first keeps its tasks; of what has ended none is counted, while Spark still kills some.
    """
    free = slots or None
    fitting: dict[int, T] = {}
    for index, each in sorted(enumerate(all_work), key=lambda pair: pair[1].id):
        tasks = each.tasks
        done = min(tasks.done, tasks.total)
        running = min(tasks.running, tasks.total - done) if each.state in _GOES_ON else 0
        if free is not None:
            running = min(running, free)
            free -= running
        same = (done, running) == (tasks.done, tasks.running)
        fitting[index] = each if same else replace(each, tasks=replace(tasks, done=done, running=running))
    return [fitting[index] for index in range(len(all_work))]
