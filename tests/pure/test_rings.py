"""The runner of the rings: what is said, and what counts as a failure, where a ring can't run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.rings import __main__ as rings
from tests.rings import beside, browser, cluster
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
    monkeypatch.setattr(rings, "pytest", lambda *arguments, **_: Result(State.PASSED, " ".join(arguments[:3])))
    assert rings.local().detail == "local -m not browser and not long"
    assert rings.local().notes[0].startswith("browser tests DID NOT RUN: no Chromium")
    monkeypatch.setenv("SPARKK8S_REQUIRE_CLUSTER", "1")
    assert rings.local().state is State.FAILED
    monkeypatch.setenv("SPARKK8S_CHROMIUM", "/chromium")
    assert rings.local() == Result(State.PASSED, "local -m not browser and not long; by itself: local -m browser and not long")


def test_a_failed_ring_ends_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(rings.RINGS, "lint", lambda: Result(State.FAILED, "mypy"))
    monkeypatch.setitem(rings.RINGS, "local", lambda: Result(State.PASSED, "3 passed"))
    assert rings.main(["lint", "local"]) == 1
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[-2:]] == [["lint", "FAILED"], ["local", "passed"]]


@pytest.mark.parametrize(("code", "last"), [(0, "pure passed"), (1, "pure FAILED"), (-9, "pure FAILED, exit code -9")])
def test_small_rings_run_before_the_others_and_side_by_side(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, last: str
) -> None:
    ended = [("pure", code, f"dots{rings.END}{last}\n" if code >= 0 else "dots"), ("lint", 0, f"words{rings.END}lint passed\n")]
    monkeypatch.setattr(beside, "run", lambda names: ended if names == ["lint", "pure"] else [])
    monkeypatch.setitem(rings.RINGS, "local", lambda: Result(State.PASSED))
    assert rings.main(["lint", "local", "pure"]) == (code != 0)
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line]
    assert said[:2] == ["dots", "words"]
    assert said[-3:-1] == [last, "lint passed"]
    assert said[-1].startswith("local passed")


def test_what_runs_side_by_side_is_told_whole() -> None:
    command = (sys.executable, "-c", "import sys; print('of', *sys.argv[1:]); sys.exit(sys.argv[1] == 'b')")
    assert sorted(beside.run(["a", "b", "c"], command)) == [("a", 0, "of a\n"), ("b", 1, "of b\n"), ("c", 0, "of c\n")]


def test_what_runs_side_by_side_ends_with_its_caller() -> None:
    command = (sys.executable, "-c", "import sys, time; sys.argv[1] == 'short' or time.sleep(600)")
    running = beside.run(["long", "short"], command)
    assert next(running)[:2] == ("short", 0)
    running.close()  # waits for the end


def test_reports_are_counted_over_all_suites(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert count(report) == "4 passed, 1 failed, 2 skipped"
