"""Numbers of two moments, put side by side: none of them may be one that can't be."""

from __future__ import annotations

from dataclasses import replace

from jupyter_sparkk8s.models.application import Application, Job, Stage, Work
from jupyter_sparkk8s.models.driver import DriverFacts, SessionMode
from jupyter_sparkk8s.models.executor import Executor
from jupyter_sparkk8s.monitor.possible import possible
from jupyter_sparkk8s.monitor.state import KernelState, SparkState, view
from jupyter_sparkk8s.provisioner.lives import Life

JOB = Job(1, "running", "count", Work(total=40, done=8, running=5, failed=0), (0,))
STAGE = Stage(0, 0, "active", "count", Work(total=40, done=8, running=6, failed=0))


def test_no_more_tasks_run_than_there_are_slots() -> None:
    assert [each.tasks.running for each in possible([JOB], 4)] == [4]
    newer = replace(JOB, id=2)
    assert [(each.id, each.tasks.running) for each in possible([newer, JOB], 7)] == [(2, 2), (1, 5)]
    assert possible([newer, JOB], 10) == [newer, JOB]
    cancelled = replace(JOB, id=0, state="failed")
    assert [each.tasks.running for each in possible([cancelled, JOB], 4)] == [0, 4]
    assert possible([newer, JOB], 0) == [newer, JOB], "without executors nothing is known of slots"


def test_no_more_tasks_are_done_or_run_than_there_are() -> None:
    (job,) = possible([replace(JOB, tasks=Work(total=6, done=5, running=2, failed=1))], 4)
    assert job.tasks == Work(total=6, done=5, running=1, failed=1)
    (again,) = possible([replace(JOB, tasks=Work(total=6, done=7, running=1, failed=2))], 4)
    assert again.tasks == Work(total=6, done=6, running=0, failed=2)


def test_the_feed_tells_only_what_can_be() -> None:
    app = Application("app-1", "spark", "4.3.0", 0.0, cores_total=4)
    spark = SparkState(application=app, jobs=[JOB], stages=[STAGE])
    facts = DriverFacts("kubernetes", session=SessionMode.LAZY)
    state = KernelState("k", True, True, facts, spark, [Executor("1", "running", cores=4)])
    life = Life(start={"phase": "started", "notebook": "a.ipynb"}, path="sky/a.ipynb")
    kernel = view(life, state, 10.0)
    assert kernel["jobs"]["1"]["tasks"]["running"] == kernel["stages"]["0.0"]["tasks"]["running"] == 4
    assert (kernel["path"], kernel["session"]) == ("sky/a.ipynb", "lazy")
    unseen = view(life, replace(state, full=False), 10.0)
    assert unseen["jobs"]["1"]["tasks"]["running"] == 5, "how many executors have come by now nobody has asked"
    assert {"path", "session"}.isdisjoint(view(Life(start=life.start), replace(state, facts=DriverFacts("local")), 10.0))
