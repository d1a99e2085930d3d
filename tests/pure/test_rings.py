"""The runner of the rings: what is said, and what counts as a failure, where a ring can't run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.rings import __main__ as rings
from tests.rings import browser, cluster
from tests.rings.result import Result, State, count

REPORT = """<testsuites>
<testsuite name="a" tests="5" failures="1" errors="0" skipped="2"/><testsuite name="b" tests="2" failures="0" skipped="0"/>
</testsuites>"""


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*cluster.VARIABLES, "SPARKK8S_REQUIRE_CLUSTER", "SPARKK8S_CHROMIUM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_without_root_the_cluster_ring_says_so_and_fails_only_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], required: str, code: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("SPARKK8S_REQUIRE_CLUSTER", required)
    assert rings.main(["cluster"]) == code
    last = [line for line in capsys.readouterr().out.splitlines() if line.startswith("cluster")][-1]
    assert "DID NOT RUN" in last
    assert "needs root to start a Kubernetes node; or set KUBECONFIG and SPARKK8S_TEST_IMAGE" in last


def test_elsewhere_than_on_linux_it_names_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert (cluster.obstacle() or "").startswith("needs Linux, this is darwin")


def test_a_cluster_of_the_user_is_used_whoever_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    chosen: list[str] = []

    def run(ring: str, _option: str, marks: str, *_others: str, env: dict[str, str], **_: str) -> Result:
        chosen.append(marks)
        return Result(State.PASSED, f"{ring} {env}")

    monkeypatch.setattr(cluster, "pytest", run)
    for name in cluster.VARIABLES:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("SPARKK8S_CHROMIUM", "/chromium")
    assert cluster.run() == Result(State.PASSED, "cluster {}; by itself: cluster {}")
    assert chosen.pop(0) == "not alone and not long"
    monkeypatch.delenv("SPARKK8S_CHROMIUM")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert cluster.run().notes[0].startswith("browser tests DID NOT RUN: no Chromium")
    assert chosen[1:] == ["not alone and not long and not browser", "alone"]


def test_without_chromium_and_root_the_browser_s_tests_name_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "apt install chromium" in (browser.obstacle() or "")
    monkeypatch.setattr(rings, "pytest", lambda *arguments: Result(State.PASSED, " ".join(arguments)))
    assert rings.local().detail == "local -m not browser and not long"
    assert rings.local().notes[0].startswith("browser tests DID NOT RUN: no Chromium")
    monkeypatch.setenv("SPARKK8S_REQUIRE_CLUSTER", "1")
    assert rings.local().state is State.FAILED


def test_a_failed_ring_ends_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(rings.RINGS, "lint", lambda: Result(State.FAILED, "mypy"))
    monkeypatch.setitem(rings.RINGS, "pure", lambda: Result(State.PASSED, "3 passed"))
    assert rings.main(["lint", "pure"]) == 1
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[-2:]] == [["lint", "FAILED"], ["pure", "passed"]]


def test_reports_are_counted_over_all_suites(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert count(report) == "4 passed, 1 failed, 2 skipped"
