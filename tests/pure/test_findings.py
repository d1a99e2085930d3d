"""Each finding: when it is told, and when not; and what the feed says of a kernel as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.models.application import Application, Job, Stage, Straggler, Work
from jupyter_sparkk8s.models.driver import DriverFacts, Mount
from jupyter_sparkk8s.models.executor import Executor
from jupyter_sparkk8s.monitor.executors import counts, join
from jupyter_sparkk8s.monitor.schema import feed_schema
from jupyter_sparkk8s.monitor.serialiser import NotInSchemaError, serialise
from jupyter_sparkk8s.monitor.state import KernelState, SparkState, phase_of, view
from jupyter_sparkk8s.provisioner.lives import Life
from jupyter_sparkk8s.spark.launch_files import executor

GIB = 1 << 30
NOW = 1_795_270_000.0
APP = Application("app-1", "spark", "4.3.0", NOW - 100)
RUNS = Executor("1", "running", cores=2, tasks_done=20, tasks_active=1, gc_share=0.01, started_at=NOW - 90)
SAID = (
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 "
    "Preemption is not helpful for scheduling."
)
WAITS = Executor("2", "pending", reason="No node can take the pod: there is too little cpu.", said=SAID)
FAILED = Executor("3", "failed", reason="It used more memory than its pod has.", ended_at=NOW - 10)
STAGE = Stage(5, 0, "active", "count", Work(8, 7, 1, 0))
JOB = Job(1, "running", "count", Work(8, 0, 0, 0), (5,))


def told(
    *executors: Executor,
    death: dict[str, Any] | None = None,
    phase: str = "started",
    alive: bool = True,
    **changes: Any,
) -> dict[str, Any]:
    """What the feed says of a kernel; it follows the schema."""
    spark_names = {"application", "ended", "jobs", "stages", "wanted", "stragglers"}
    spark: dict[str, Any] = {"application": APP} | {n: changes.pop(n) for n in spark_names & set(changes)}
    facts = changes.pop("facts", DriverFacts("kubernetes", pod="p", memory_limit=4 * GIB))
    state = KernelState("k", alive, True, facts, SparkState(**spark), executors, **changes)
    steps = [{"phase": "created", "elapsed_s": 0.0, "kernel_id": "k", "launch": 1}]
    life = Life(start={"phase": phase, "notebook": "n.ipynb", "launch": 1}, steps=steps, began_at=NOW - 200, death=death)
    if phase == "failed":
        life.start["cause"] = {"title": "t", "said": "s", "next_step": "n"}
    kernel = view(life, state, NOW)
    jsonschema.validate(kernel, {"$ref": "#/$defs/Kernel", "$defs": feed_schema()["$defs"]})
    return kernel


def found(kernel: dict[str, Any]) -> dict[str, str]:
    """Severities of the findings, by their ids."""
    for finding in kernel["findings"]:
        assert finding["title"]
        assert finding["cause"]
        assert finding["next_step"]
    return {finding["id"]: finding["severity"] for finding in kernel["findings"]}


def test_all_is_well() -> None:
    kernel = told(RUNS, jobs=[replace(JOB, tasks=Work(8, 2, 1, 0))], stages=[STAGE], memory_used=GIB)
    assert found(kernel) == {}
    assert (kernel["phase"], kernel["counts"]["running"]) == ("ready", 1)
    assert kernel["driver"]["ui"] == {"available": True, "path": "sparkk8s/ui/k/"}


def test_executors_that_wait() -> None:
    assert found(told(RUNS, WAITS)) == {"executors-pending": "warning"}
    none_runs = told(WAITS, jobs=[JOB], wanted=2)
    assert found(none_runs) == {"executors-pending": "error"}
    assert none_runs["findings"][0]["cause"].endswith("little cpu. 0/1 nodes are available: 1 Insufficient cpu.")
    assert none_runs["jobs"]["1"]["waits"]
    assert found(told(RUNS, replace(WAITS, reason=None))) == {}
    mends = replace(WAITS, next_step="Correct the claim.", said='a claim "gone" not found. not found')  # as Kubernetes says it
    assert told(mends)["findings"][0]["next_step"] == "Correct the claim."
    assert told(mends)["findings"][0]["cause"].endswith('a claim "gone" not found.')
    ends = replace(WAITS, said='a claim "work" is being deleted. not found')
    assert told(ends)["findings"][0]["cause"].endswith('a claim "work" is being deleted.')
    assert told(RUNS, mends)["findings"][0]["next_step"] == "Your jobs run on the others. Correct the claim."


def test_executors_that_are_refused() -> None:
    kernel = told(RUNS, wanted=4, missing_s=30.0)
    assert found(kernel) == {"executors-missing": "warning"}
    assert "wants 4 and has 1" in kernel["findings"][0]["cause"]
    assert found(told(wanted=4, missing_s=30.0)) == {"executors-missing": "error"}
    assert found(told(RUNS, wanted=4, missing_s=3.0)) == {}
    quota = Cause("The namespace's quota small has no room.", "exceeded quota: small", "Ask for less.")
    (told_why,) = told(wanted=4, missing_s=3.0, refusal=quota, jobs=[JOB])["findings"]
    assert (told_why["severity"], told_why["next_step"]) == ("error", quota.next_step)
    assert told_why["cause"] == f"{quota.title} {quota.said}."
    assert told(RUNS, wanted=4, missing_s=3.0, refusal=quota)["findings"][0]["title"] == "3 of 4 executors can't start"


def test_a_job_that_waits_and_nobody_knows_why() -> None:
    kernel = told(jobs=[JOB], wanted=2)
    assert found(kernel) == {"job-waits": "warning"}
    assert "2 are wanted" in kernel["findings"][0]["cause"]
    assert found(told(jobs=[replace(JOB, state="succeeded")])) == {}


def test_executors_that_fail() -> None:
    assert found(told(RUNS, FAILED)) == {"executor-3": "warning"}
    assert found(told(RUNS, replace(FAILED, ended_at=NOW - 900))) == {}
    three = [replace(FAILED, id=str(number), ended_at=NOW - number) for number in (3, 4, 5)]
    kernel = told(*three)
    assert found(kernel) == {"executors-failing": "error"}
    assert kernel["findings"][0]["action"] == "stop-application"
    assert told(*three, application=None)["findings"][0].get("action") is None  # none that could be stopped
    healed = replace(RUNS, id="6", started_at=NOW)
    assert found(told(*three, healed)) == {"executor-3": "warning"}
    assert "lost" in told(replace(FAILED, state="lost"))["findings"][0]["title"]
    assert told(RUNS, replace(FAILED, said="OOMKilled"))["findings"][0]["cause"] == f"{FAILED.reason} OOMKilled."
    java = replace(FAILED, log=("Too small: 1k", "Could not create the Java Virtual Machine."))
    assert (
        told(RUNS, java)["findings"][0]["cause"] == f"{FAILED.reason} Too small: 1k. Could not create the Java Virtual Machine."
    )
    trace = replace(FAILED, log=("Exception: a", "  at b", "Caused by: no route to host", "  at c", "  ... 12 more"))
    assert told(RUNS, trace)["findings"][0]["cause"] == f"{FAILED.reason} Caused by: no route to host."
    assert told(RUNS, replace(FAILED, said="long " * 30))["findings"][0]["cause"] == FAILED.reason
    assert told(RUNS, replace(FAILED, next_step="More memory."))["findings"][0]["next_step"].endswith("back: More memory.")


def test_the_drivers_memory() -> None:
    assert found(told(RUNS, memory_used=int(3.8 * GIB))) == {"driver-memory": "warning"}
    assert found(told(RUNS, memory_used=int(3.5 * GIB))) == {}
    assert found(told(RUNS, memory_used=9 * GIB, facts=DriverFacts("local"))) == {}


def test_skew() -> None:
    assert found(told(RUNS, stragglers=[Straggler(STAGE, "1", 60.0, 2.0)])) == {"skew-5.0": "warning"}
    assert found(told(RUNS, stragglers=[Straggler(STAGE, "1", 60.0, 30.0), Straggler(STAGE, "1", 10.0, 0.1)])) == {}


def test_spill_and_garbage() -> None:
    assert found(told(RUNS, stages=[replace(STAGE, spilled=GIB)])) == {"spill-5.0": "info"}
    assert found(told(RUNS, stages=[replace(STAGE, spilled=GIB, state="complete")])) == {}
    assert found(told(replace(RUNS, gc_share=0.3))) == {"gc": "warning"}
    assert found(told(replace(RUNS, gc_share=0.3, tasks_done=1))) == {}


def test_versions_that_differ() -> None:
    failure = "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.11 than that in driver: 3.12"
    kernel = told(RUNS, stages=[replace(STAGE, state="failed", failure=failure)])
    assert found(kernel) == {"versions": "error"}
    assert "3.12" in kernel["findings"][0]["cause"]
    said = executor.difference({"Python": "3.12"}, {"Python": "3.11"})
    assert found(told(RUNS, replace(FAILED, reason=said)))["versions"] == "error"


def test_the_worst_comes_first() -> None:
    kernel = told(WAITS, stages=[replace(STAGE, spilled=GIB)], memory_used=4 * GIB)
    assert [finding["severity"] for finding in kernel["findings"]] == ["error", "warning", "info"]


DEATH = {
    "kernel_id": "k",
    "notebook": "n",
    "cause": {"title": "T.", "said": "S", "next_step": "N"},
    "count": 1,
    "restarts": True,
}


def test_deaths() -> None:
    kernel = told(RUNS, death=DEATH)
    assert found(kernel) == {"death": "error"}
    assert kernel["death"] == {"cause": DEATH["cause"], "count": 1, "restarts": True}
    gone = told(RUNS, death=DEATH, alive=False)
    assert (gone["phase"], gone["findings"], gone["executors"]) == ("dead", [], {})
    assert not gone["driver"]["ui"]["available"]


@pytest.mark.parametrize(
    ("start", "changes", "phase"),
    [
        ("pulling", {"application": None}, "pulling"),
        ("failed", {"application": None, "alive": False}, "failed"),
        ("started", {"application": None}, "python"),
        ("started", {"application": None, "ended": True}, "stopped"),
        ("started", {}, "ready"),
    ],
)
def test_each_phase_says_why_there_is_no_ui(start: str, changes: dict[str, Any], phase: str) -> None:
    kernel = told(phase=start, **changes)
    assert kernel["phase"] == phase
    assert kernel["driver"]["ui"]["available"] == (phase == "ready")
    assert ("start" in kernel) == (phase in ("pulling", "failed"))
    assert bool(kernel["driver"]["ui"].get("why_not")) == (phase != "ready")
    assert ("death" in kernel) == (phase == "failed")


def test_what_keeps_the_ui_away_is_told() -> None:
    kernel = told(application=None, ui_why_not="It has a login of its own.")
    assert kernel["driver"]["ui"] == {"available": False, "why_not": "It has a login of its own."}
    assert told(application=None, alive=False, ui_why_not="x")["driver"]["ui"]["why_not"] == "The driver has ended."


def test_that_spark_can_not_be_seen_is_told_and_not_that_it_starts() -> None:
    facts = DriverFacts("kubernetes", why_no_ui="The Spark UI is switched off.")
    kernel = told(application=None, facts=facts)
    assert found(kernel) == {"spark-unseen": "info"}
    assert kernel["phase"] == "python"
    assert found(told(application=None)) == found(told(facts=facts)) == {}
    begun = Life(start={"phase": "started"}, steps=[{"phase": "starting-spark", "elapsed_s": 3.0}], began_at=NOW - 9)
    unseen = KernelState("k", True, True, facts)
    assert [phase_of(begun, each, NOW) for each in (unseen, replace(unseen, facts=DriverFacts("local")))] == [
        "python",
        "starting-spark",
    ]


def test_mounts_are_told_as_they_are() -> None:
    facts = DriverFacts("kubernetes", mounts=(Mount("stars", "/stars", "claim stars", True),))
    assert told(facts=facts)["driver"]["mounts"] == [
        {"name": "stars", "path": "/stars", "source": "claim stars", "read_only": True}
    ]


def test_nothing_but_what_the_schema_names_gets_out() -> None:
    app = {**vars(APP), "secret": "s"}
    assert serialise(app, "Application") == {name: value for name, value in vars(APP).items() if value is not None}
    with pytest.raises(NotInSchemaError, match="Application lacks name"):
        serialise({**app, "name": None}, "Application")
    with pytest.raises(NotInSchemaError, match="state can't be 'odd'"):
        serialise(Executor("1", "odd"), "Executor")


def test_two_lists_of_executors_are_one() -> None:
    pods = [
        Executor("1", "starting", pod="p-1", node="n1"),
        replace(WAITS, pod="p-2"),
        Executor("3", "failed", reason="OOM", pod="p-3"),
    ]
    joined = {each.id: each for each in join([RUNS, replace(RUNS, id="3"), replace(RUNS, id="4")], pods)}
    assert (joined["1"].state, joined["1"].pod, joined["1"].node, joined["1"].cores) == ("running", "p-1", "n1", 2)
    assert [joined[number].state for number in "1234"] == ["running", "pending", "failed", "running"]
    assert join([RUNS], [Executor("1", "ended", pod="p-1"), Executor("9", "ended")])[0].state == "ended"
    deleted = replace(RUNS, state="lost", reason="Its pod was deleted.")
    (gone,) = join([deleted], [Executor("1", "ended", pod="p-1")])
    assert (gone.state, gone.reason, gone.pod) == ("lost", deleted.reason, "p-1")
    tally = counts(list(joined.values()), None)
    assert (tally.wanted, tally.running, tally.pending, tally.failed) == (3, 2, 1, 1)
    assert counts([], 4).wanted == 4


def test_of_many_that_have_ended_the_last_are_told() -> None:
    ended = [replace(FAILED, id=str(number), ended_at=float(number)) for number in range(50)]
    assert {each.id for each in join(ended, [])} == {str(number) for number in range(30, 50)}


def test_a_step_that_is_told_again_is_one_step() -> None:
    said = {"waits": "The container prepare has not ended yet."}
    told_steps = [("created", 0.0, {}), ("mounting", 0.4, {}), ("mounting", 3.1, said), ("failed", 9.0, {})]
    steps = [{"phase": phase, "elapsed_s": elapsed, "kernel_id": "k", **more} for phase, elapsed, more in told_steps]
    life = Life(start={"phase": "mounting", "notebook": "n.ipynb"}, steps=steps, began_at=NOW - 9)
    kernel = view(life, KernelState("k", False, True, DriverFacts("kubernetes")), NOW)
    assert [(step["phase"], step["elapsed_s"]) for step in kernel["start"]["steps"]] == [
        ("created", 0.0),
        ("mounting", 0.4),
        ("failed", 9.0),
    ]
    assert kernel["start"]["steps"][1]["waits"] == said["waits"]
