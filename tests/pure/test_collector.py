"""How often a kernel's Spark is read, and what is told when it changes, is busy, or is gone. The answers are recorded ones; the
seconds between readings are made hundredths.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.errors import Cause
from jupyter_sparkk8s.models.executor import Executor
from jupyter_sparkk8s.monitor import collector, missing
from jupyter_sparkk8s.monitor.collector import Collector
from jupyter_sparkk8s.provisioner.lives import Life
from tests.pure.spark_ui import SparkUi
from tests.pure.test_monitor import Pod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Ready(Pod):
    """A driver with a door; what is behind it the test has put there."""

    refusal: Cause | None = None

    def ui_door(self) -> Any:
        return object()

    async def executor_refusal(self) -> Cause | None:
        return self.refusal


class Watched:
    """A collector and what it has told."""

    def __init__(self, ui: SparkUi) -> None:
        self.ui, self.driver = ui, Ready()
        self.views: list[dict[str, Any]] = []
        self.life = Life(start={"phase": "started", "notebook": "n"}, driver=self.driver)
        self.collector = Collector("k", self.life, lambda _id, view: self.views.append(view))

    async def until(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        for _ in range(500):
            if self.views and condition(self.views[-1]):
                return self.views[-1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"not so: {self.views[-1]}")

    def asked_for(self, what: str) -> int:
        return sum(what in path for path in self.ui.asked)


@pytest.fixture
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    ui = SparkUi()
    monkeypatch.setattr(collector, "UiClient", lambda _door: ui)
    for name in ("FAST_S", "AWAY_S", "BRIEF_S", "_REST_S", "_GATHER_S"):
        monkeypatch.setattr(collector, name, 0.01)
    monkeypatch.setattr(collector, "_STALE_S", 0.0)
    made = Watched(ui)
    yield made
    await made.collector.close()


async def test_unseen_only_jobs_are_read(watched: Watched) -> None:
    await watched.until(lambda k: k["jobs"] and len(watched.ui.asked) > 20)
    assert watched.asked_for("/jobs") > 10
    assert watched.asked_for("/executors") == watched.asked_for("/stages") == watched.asked_for("/environment") == 0
    assert watched.views[-1]["chart"] == {}


async def test_seen_all_is_read(watched: Watched) -> None:
    watched.collector.look(full=True)
    kernel = await watched.until(lambda k: k["executors"] and k["stages"])
    assert kernel["application"]["cores_total"] == 2
    assert kernel["counts"]["wanted"] == 3
    assert sum(kernel["chart"].values()) >= 1
    assert kernel["stages"]["10.0"]["job"] == 6


async def test_without_jobs_executors_are_read_seldom(watched: Watched) -> None:
    watched.ui.finish()
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.ui.asked.clear()
    await watched.until(lambda _: watched.asked_for("/jobs") > 20)
    assert watched.asked_for("/executors") == 0


async def test_a_job_after_a_rest_brings_them_at_once(watched: Watched) -> None:
    job = watched.ui.running[0]
    watched.ui.finish()
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.ui.executors[1]["activeTasks"] = 1
    watched.ui.running.append({**job, "jobId": 7})
    await watched.until(lambda k: "7" in k["jobs"] and k["application"]["active_tasks"] == 1)


async def test_who_looks_here_and_away_does_not_ask_all_the_time(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "BRIEF_S", 60.0)
    await watched.until(lambda k: k["jobs"])
    await asyncio.sleep(0.1)  # a reading that is due by now
    before = len(watched.ui.asked)
    for _ in range(100):
        watched.collector.look(full=True)
        watched.collector.look(full=False)
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert len(watched.ui.asked) == before


async def test_what_takes_long_to_tell_is_told_less_often(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "BRIEF_S", 60.0)
    await watched.until(lambda k: k["jobs"])
    told: list[float] = []

    def view(*_args: object) -> dict[str, Any]:
        told.append(time.monotonic())
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass
        return {}

    monkeypatch.setattr(collector, "view", view)
    for _ in range(60):
        watched.collector.changed()
        await asyncio.sleep(0.005)
    assert len(told) > 1
    assert min(after - before for before, after in itertools.pairwise(told[1:])) > 0.05


async def test_an_application_made_anew_does_not_get_the_executors_of_the_one_before(watched: Watched) -> None:
    watched.collector.look(full=True)
    kernel = await watched.until(lambda k: k["executors"])
    app, number = kernel["application"]["id"], next(iter(kernel["executors"]))
    old = Executor(number, "failed", reason="It used more memory than its pod has.", pod="old", app="another")
    watched.collector._on_pods([old, Executor(number, "starting", pod="new", app=app)])
    kernel = await watched.until(lambda k: k["executors"][number].get("pod") == "new")
    assert (kernel["executors"][number]["state"], kernel["counts"]["failed"]) == ("running", 0)
    # Nor does one that is in the making get those of the one before.
    watched.ui.trouble, watched.ui.is_away = "no port", True
    await watched.until(lambda k: k["phase"] == "stopped")
    news = Executor("99", "starting", pod="newer", app="next")
    watched.collector._on_pods([replace(old, app=app), news])
    await watched.until(lambda k: [each.get("pod") for each in k["executors"].values()] == ["newer"] and not k["findings"])


async def test_of_executors_that_don_t_come_kubernetes_is_asked(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "_SHORT_S", 0.05)
    monkeypatch.setattr(missing, "_REFUSAL_S", 0.02)
    watched.driver.refusal = Cause("The quota has no room.", "exceeded quota", "Ask for less.")
    watched.collector.look(full=True)
    kernel = await watched.until(lambda k: k["findings"])
    assert kernel["findings"][0]["cause"] == "The quota has no room. exceeded quota."
    # Another tab in front, or a change of the theme: what was known still holds, then and afterwards.
    for full in (False, True):
        watched.views.clear()
        watched.ui.asked.clear()
        watched.collector.look(full=full)
        await watched.until(lambda _: len(watched.ui.asked) > 5)
        assert all(view["findings"] for view in watched.views)
    watched.driver.refusal = None
    await watched.until(lambda k: not k["findings"])


async def test_a_busy_driver_s_figures_grow_old(watched: Watched) -> None:
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.ui.trouble = "The driver's Spark UI does not answer: it is busy."
    kernel = await watched.until(lambda k: k["stale_s"])
    assert (kernel["phase"], kernel["stale_reason"]) == ("ready", watched.ui.trouble)
    assert kernel["executors"]
    watched.ui.trouble = ""
    await watched.until(lambda k: not k["stale_s"])


async def test_a_spark_that_is_gone_was_stopped(watched: Watched) -> None:
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.ui.trouble, watched.ui.is_away = "no port", True
    kernel = await watched.until(lambda k: k["phase"] == "stopped")
    assert (kernel["executors"], kernel["jobs"], kernel["stale_s"]) == ({}, {}, 0)
    assert list(kernel["chart"].values())[-1] == 0, "its line does not fall for as long as there is no other"
    watched.ui.trouble, watched.ui.is_away = "", False
    await watched.until(lambda k: k["phase"] == "ready")


async def test_what_keeps_it_out_is_told(watched: Watched) -> None:
    watched.ui.trouble = "It has a login of its own."
    another = Watched(watched.ui)
    kernel = await another.until(lambda k: k["driver"]["ui"].get("why_not") == watched.ui.trouble)
    assert kernel["phase"] == "python"
    await another.collector.close()


async def test_a_restart_is_another_spark(watched: Watched) -> None:
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.life.start, watched.life.driver = {**watched.life.start, "phase": "created"}, None
    watched.collector.changed()
    kernel = await watched.until(lambda k: k["phase"] == "created")
    assert (kernel["executors"], kernel["jobs"], kernel["chart"]) == ({}, {}, {})


async def test_that_a_driver_did_not_answer_is_not_said_of_the_next(watched: Watched) -> None:
    watched.collector.look(full=True)
    await watched.until(lambda k: k["executors"])
    watched.ui.trouble = "The driver's Spark UI does not answer: it is busy."
    await watched.until(lambda k: k["stale_s"])
    watched.life.driver = Ready()
    watched.collector.changed()
    await watched.until(lambda k: not k["executors"] and not k["stale_s"])


async def test_many_executors_are_read_less_often_and_it_is_said(watched: Watched) -> None:
    one = watched.ui.executors[1]
    watched.ui.executors = [{**one, "id": str(number)} for number in range(250)]
    watched.collector.look(full=True)
    kernel = await watched.until(lambda k: len(k["executors"]) == 250 and k.get("interval_reason"))
    assert kernel["interval_s"] >= 2.5
    assert kernel["interval_reason"].startswith("With 250 executors")
