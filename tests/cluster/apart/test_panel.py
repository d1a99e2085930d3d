"""The panel in a real browser while a real Kubernetes makes drivers and executors, refuses them and takes them away. One page
and one server for all; the notebook with Spark comes last. Screenshots go to artefacts/panel-cluster.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cluster.environment import offer_profile, started_servers
from tests.cluster.failed_starts import before, claim, extra
from tests.cluster.spark_pods import until
from tests.support.browser import JUPYTER, artefacts_in, faultless_page, silence_news
from tests.support.browser import browser as browser
from tests.support.lab import (
    accessibility_faults,
    close_notebooks,
    dismiss_dialogs,
    last_output,
    open_lab,
    open_panel,
    run_cell,
    run_command,
    shoot,
    turn,
    ui_faults,
    widen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

pytestmark = pytest.mark.timeout(900)

ARTEFACTS = artefacts_in("panel-cluster")
SHORT, LONG = 60_000, 280_000  # milliseconds
GREEDY = {"executor_cpu": "64", "executor_cores": 2}  # no node of the test cluster has so much
SCRATCH = {"name": "scratch", "mountPath": "/scratch", "emptyDir": {}}
MODEST = """
sc.stop()
from pyspark.sql import SparkSession
builder = SparkSession.builder.config("spark.kubernetes.executor.request.cores", "100m")
spark = builder.config("spark.kubernetes.executor.deleteOnTermination", "false").getOrCreate()
sc = spark.sparkContext
"""
WORKS = """
import time
print(sc.parallelize(range(60), 60).map(lambda x: time.sleep(1) or x).count())
"""
# Once, the executor of a task ends.
ENDS = """
def end(x):
    import os, signal, sys, time
    from pyspark import TaskContext
    if TaskContext.get().attemptNumber() == 0:
        print("reading the last plate", file=sys.stderr, flush=True)
        pid = os.getpid()
        while "java" not in open(f"/proc/{pid}/comm").read():
            pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
        os.kill(pid, signal.SIGTERM)
        time.sleep(60)
    return x
print(sc.parallelize(range(1), 1).map(end).sum())
"""
TABS = {
    "Jobs": "Completed Jobs",
    "Stages": "Completed Stages",
    "Storage": "Storage",
    "Environment": "Spark Properties",
    "Executors": "RDD Blocks",
}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, namespace: Namespace, kubeconfig: Path, image: str
) -> Iterator[JupyterServer]:
    """A server with JupyterLab, which offers a kernel for each profile."""

    def folder(name: str) -> Path:
        made = tmp_path_factory.mktemp(name)
        silence_news(made)
        return made

    bare: dict[str, Any] = {"session": "off", "driver_memory": "1Gi"}
    profiles: list[dict[str, Any]] = [
        {"name": "slow", **bare, **extra(initContainers=[before(image, ["sleep", "600"])])},
        {"name": "no-claim", **bare, **claim("gone")},
        {"name": "bare", **bare},
        {"name": "greedy", **GREEDY},
    ]
    common = {"namespace": namespace.name, "image": image, "kubeconfig": str(kubeconfig), "executor_instances": 1}
    with started_servers(folder, access="port-forward", volumes=[SCRATCH], profiles=profiles, **common) as start:
        running = start(jupyter=JUPYTER)
        for profile in profiles:
            offer_profile(running, profile["name"])
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, server: JupyterServer) -> Iterator[Page]:
    with faultless_page(browser, "jupyter-sparkk8s") as opened:  # JupyterLab throws exceptions of its own after a failed start
        open_lab(opened, server)
        yield opened


@pytest.fixture(scope="module")
def panel(page: Page) -> Locator:
    return open_panel(page)


@pytest.fixture
def opened(page: Page, panel: Locator, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens a notebook with a kernel, and returns while it is being started; closed with the test."""
    yield lambda kernel: run_command(page, "notebook:create-new", kernelName=kernel)
    page.screenshot(path=ARTEFACTS / f"end-of-{request.node.name}.png")
    dismiss_dialogs(page)
    close_notebooks(page)


def look_at(page: Page, panel: Locator, name: str) -> None:
    """Take the panel's picture, and let axe see it, which looks at no contrast behind a dialogue."""
    dismiss_dialogs(page)
    shoot(page, panel, ARTEFACTS / name)
    assert accessibility_faults(page) == [], name


def test_a_start_is_shown_step_by_step_and_cancelled(page: Page, panel: Locator, opened: Any, namespace: Namespace) -> None:
    opened("slow")
    start = panel.get_by_role("region", name="Start")
    now = start.locator("[aria-current=step]")
    expect(now).to_contain_text("The container prepare, which runs before the kernel's, has not ended yet.", timeout=LONG)
    expect(start).to_contain_text("Pod created")
    expect(now.get_by_role("time")).to_have_text(re.compile(r"^[1-9]\d* s$"), timeout=SHORT)
    look_at(page, panel, "starting")
    panel.get_by_role("button", name="Cancel start").click()
    expect(start).to_have_count(0, timeout=SHORT)
    until(lambda: not namespace.drivers(), "the driver's pod is gone")
    shoot(page, panel, ARTEFACTS / "cancelled")


def test_a_start_that_fails_says_why(page: Page, panel: Locator, opened: Any) -> None:
    opened("no-claim")
    expect(panel.get_by_role("region", name="Trouble")).to_contain_text("The claim gone does not exist", timeout=LONG)
    expect(page.get_by_role("dialog")).to_contain_text("The claim gone does not exist", timeout=SHORT)
    look_at(page, panel, "failed-start")


def test_a_kernel_that_memory_has_killed_says_why(page: Page, panel: Locator, opened: Any) -> None:
    opened("bare")
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)
    run_cell(page, "b'x' * (3 << 30)")
    trouble = panel.get_by_role("region", name="Trouble")
    expect(trouble).to_contain_text("The driver used more memory than its pod has (1Gi)", timeout=LONG)
    look_at(page, panel, "killed-by-memory")
    expect(trouble).to_contain_text("was started again", timeout=LONG)
    trouble.get_by_role("button", name="Dismiss").click()
    expect(trouble).to_have_count(0)


def test_a_notebook_with_spark(page: Page, panel: Locator, opened: Any, namespace: Namespace, server: JupyterServer) -> None:
    opened("greedy")
    driver, executors = panel.get_by_role("region", name="Driver"), panel.get_by_role("region", name="Executors")
    trouble, progress = panel.get_by_role("region", name="Trouble"), panel.get_by_role("region", name="Progress")
    expect(executors).to_contain_text("too little cpu", timeout=LONG)
    expect(executors).to_contain_text("1 wanted · 0 running · 1 pending")
    expect(trouble).to_contain_text("No executor can start")
    (pod,) = namespace.drivers()
    for text in (pod["metadata"]["name"], pod["spec"]["nodeName"], "/scratch", "read-write", "1.8 GiB"):
        expect(driver).to_contain_text(text)
    look_at(page, panel, "pending")

    run_cell(page, MODEST)
    expect(executors).to_contain_text("1 wanted · 1 running", timeout=LONG)
    expect(executors.get_by_role("row")).to_have_count(2)  # with the heads
    expect(trouble).to_have_count(0)
    run_cell(page, WORKS)
    expect(progress).to_contain_text(re.compile(r"[1-9]\d* of 60 tasks, [23] running"), timeout=SHORT)
    expect(panel.get_by_role("region", name="At a glance")).to_contain_text(re.compile(r"Cores busy\s*2 / 2"))
    expect(progress).to_contain_text(re.compile("about .* left"), timeout=SHORT)
    look_at(page, panel, "working")
    turn(page, dark=True)
    look_at(page, panel, "working-dark")
    widen(page, panel, 250)
    look_at(page, panel, "working-250-dark")
    turn(page, dark=False)
    look_at(page, panel, "working-250")
    widen(page, panel, 600)
    look_at(page, panel, "working-600")

    (victim,) = namespace.executors(pod["metadata"]["labels"]["jupyter-sparkk8s/kernel-id"])
    namespace.core.delete_namespaced_pod(victim["metadata"]["name"], namespace.name, grace_period_seconds=0)
    expect(trouble).to_contain_text("Executor 1 was lost", timeout=LONG)
    expect(trouble).to_contain_text("Its pod was deleted.")
    expect(executors).to_contain_text("Its pod was deleted.")
    look_at(page, panel, "executor-deleted")
    expect(executors).to_contain_text("1 wanted · 1 running", timeout=LONG)
    expect(last_output(page)).to_contain_text("60", timeout=LONG)

    run_cell(page, ENDS)
    expect(executors).to_contain_text("It ended: signal 15 (SIGTERM), exit code 143.", timeout=LONG)
    expect(last_output(page)).to_contain_text("0", timeout=LONG)
    executors.get_by_role("row").filter(has_text="It ended").click()
    expect(executors.get_by_role("group")).to_contain_text("reading the last plate")
    look_at(page, panel, "executor-failed")

    kernel_id = pod["metadata"]["labels"]["jupyter-sparkk8s/kernel-id"]
    assert ui_faults(page, f"{server.url}sparkk8s/ui/{kernel_id}/jobs/", TABS) == []
