"""The panel in a real browser beside a real Spark on this machine: its start, its jobs, their cells, deaths and the ways
out. One server and one page for all, each test going on where the one before has ended.
Screenshots go to artefacts/panel.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import JUPYTER, artefacts_in, faultless_page, silence_news
from tests.support.lab import (
    PANEL,
    accessibility_faults,
    last_output,
    open_lab,
    open_panel,
    run_cell,
    run_command,
    shoot,
    turn,
    widen,
)
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

ARTEFACTS = artefacts_in("panel")
LONG = 180_000  # milliseconds
BARE = 'c.SparkK8s.profiles = [{"name": "bare", "session": "off"}]\n'
# A query and a table in memory, for the Spark UI's pages.
FIRST = 'print(spark.range(1000).toDF("star").cache().groupBy("star").count().count())'
# A little more than a minute with the two slots of the two executors: so that its end is notified.
LONG_JOB = "print(sc.parallelize(range(640), 640).map(lambda x: __import__('time').sleep(.2) or x).count())"
DIES = "import os; os._exit(3)"
WIDTHS = {
    250: ["Id ↑", "Tasks", "Memory", "Age"],
    400: ["Id ↑", "Node", "Tasks", "Memory", "Age"],
    600: ["Id ↑", "State", "Node", "Tasks", "Memory", "GC", "Shuffle r / w", "Failed", "Age"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with a second kernel, which starts no Spark."""
    folder = tmp_path_factory.mktemp("working")
    silence_news(folder)
    kernel = folder / "data" / "kernels" / "bare" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    provisioner = {"provisioner_name": "spark-local", "config": {"profile": "bare"}}
    spec = {"argv": ["python3"], "display_name": "Bare", "language": "python", "interrupt_mode": "message"}
    kernel.write_text(json.dumps(spec | {"metadata": {"kernel_provisioner": provisioner}}))
    settings = BARE + "".join(f"c.{name} = {value}\n" for name, value in JUPYTER.items())
    with JupyterServer(folder, settings) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, server: JupyterServer) -> Iterator[Page]:
    with faultless_page(browser) as opened:
        open_lab(opened, server)
        told = opened.get_by_role("dialog").filter(has_text="Kernel Restarting")
        opened.add_locator_handler(told, lambda: told.get_by_role("button").first.click())
        yield opened


@pytest.fixture(scope="module")
def panel(page: Page) -> Locator:
    return open_panel(page)


def look_at(page: Page, panel: Locator, name: str) -> None:
    """Take the panel's picture, and let axe see it."""
    shoot(page, panel, ARTEFACTS / name)
    assert accessibility_faults(page) == [], name


def button(page: Page) -> Locator:
    """The bolt in the toolbar of the notebook in front."""
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-SparkButton")


def section(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("region", name=name, exact=True)


@pytest.fixture(scope="module")
def spark(page: Page, panel: Locator) -> str:
    """The name of a notebook with Spark, whose start is looked at on the way."""
    panel.get_by_role("button", name="Spark (this machine)").click()
    start = section(panel, "Start")
    expect(start).to_contain_text("Starting Spark", timeout=LONG)
    expect(start.locator("[aria-current=step]")).to_have_count(1)
    expect(button(page)).to_have_text("Starting")
    shoot(page, panel, ARTEFACTS / "starting")
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3, timeout=LONG)  # with the heads
    expect(start).to_have_count(0)
    expect(button(page)).to_have_text("Idle")
    expect(section(panel, "Progress")).to_contain_text("No job has run yet.")
    run_cell(page, FIRST)
    expect(last_output(page)).to_have_text("1000", timeout=LONG)
    return str(page.evaluate("window.jupyterapp.shell.currentWidget.title.label"))


def test_an_idle_spark(page: Page, panel: Locator, spark: str) -> None:
    expect(panel).to_contain_text(spark)
    expect(section(panel, "Driver")).to_contain_text("Process")
    expect(section(panel, "Progress")).to_contain_text(re.compile(r"done, \d+ task"), timeout=LONG)
    look_at(page, panel, "idle")


@pytest.fixture(scope="module")
def working(page: Page, panel: Locator, spark: str) -> str:
    """That notebook while a job of a good minute runs in it."""
    run_cell(page, LONG_JOB)
    expect(section(panel, "Progress")).to_contain_text(re.compile(r"[1-9]\d* of 640 tasks, \d running"), timeout=LONG)
    return spark


def test_a_job_is_followed_in_each_width_and_theme(page: Page, panel: Locator, working: str) -> None:
    progress, executors = section(panel, "Progress"), section(panel, "Executors")
    expect(progress).to_contain_text(re.compile("about .* left"), timeout=LONG)
    expect(progress.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", re.compile("^[1-9]"), timeout=LONG)
    expect(progress.get_by_text("· cell 2").first).to_be_visible()
    expect(section(panel, "At a glance")).to_contain_text(re.compile(r"Cores busy\s*[12] / 2"))
    expect(button(page)).to_have_text(re.compile(r"\b[12] tasks?\b"))
    expect(executors.get_by_role("row").nth(1).locator("[data-column=tasks]")).to_have_text(re.compile("[01]"))
    for width, columns in WIDTHS.items():
        widen(page, panel, width)
        heads = executors.get_by_role("columnheader")
        assert heads.all_inner_texts() == columns
        row = executors.get_by_role("row").nth(1)
        assert row.evaluate("row => row.scrollWidth <= row.clientWidth"), f"{width}: the row is cut"
        look_at(page, panel, f"working-{width}-light")
        turn(page, dark=True)
        look_at(page, panel, f"working-{width}-dark")
        if width == 400:
            turn(page, dark=True, contrast=True)
            look_at(page, panel, f"working-{width}-contrast")
        turn(page, dark=False)
    widen(page, panel, 330)


def test_every_control_by_keyboard(page: Page, panel: Locator, working: str) -> None:
    run_command(page, "sparkk8s:open")
    expect(panel).to_be_focused()
    names: list[str] = []
    inside = f"document.querySelector('{PANEL}').contains(document.activeElement)"
    name = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    page.keyboard.press("Tab")
    while page.evaluate(inside):
        names.append(page.evaluate(name))
        if names[-1] == "Executors":
            page.keyboard.press("End")
            page.keyboard.press("Enter")
            expect(panel.get_by_role("group", name="Executor 1")).to_contain_text("of 1 slots busy")
            look_at(page, panel, "executor-opened")
            page.keyboard.press("Escape")
            expect(panel.get_by_role("group")).to_have_count(0)
        page.keyboard.press("Tab")
    wanted = ["Spark UI ↗", "Settings of this panel", "Executors", "Id ↑", "Tasks", "Memory", "Age"]
    wanted += ["Spark UI in a tab here", "Restart kernel…", "Stop Spark application…"]
    assert [known for known in names if not re.match(r"(Job|Stage) \d+", known)] == wanted
    assert any(re.match(r"Job \d+", known) for known in names)


def test_a_kernel_that_dies_and_the_list_of_all(page: Page, panel: Locator, working: str) -> None:
    trouble, who = section(panel, "Trouble"), section(panel, "Kernel")
    run_command(page, "notebook:create-new", kernelName="bare")
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)
    expect(button(page)).to_have_text("No Spark")
    look_at(page, panel, "spark-not-started")
    who.get_by_role("button", name="All Spark kernels").click()
    expect(who.get_by_role("listitem")).to_have_count(2)
    expect(who).to_contain_text(re.compile(r"Running \d tasks?"))
    look_at(page, panel, "all-kernels")
    page.keyboard.press("Escape")

    run_cell(page, DIES)
    expect(trouble).to_contain_text("The kernel ended and was started again", timeout=LONG)
    expect(button(page)).to_have_text("Trouble")
    look_at(page, panel, "died-once")
    run_cell(page, DIES)
    expect(trouble.get_by_role("button", name="Restart kernel…")).to_be_visible(timeout=LONG)
    expect(button(page)).to_have_text("Died")
    expect(page.locator(".Toastify__toast")).to_have_count(0)  # the panel has told it
    look_at(page, panel, "died-twice")
    trouble.get_by_role("button", name="Dismiss").click()
    expect(panel).to_contain_text("The driver is gone")
    look_at(page, panel, "driver-gone")


def test_a_long_job_that_has_ended_is_notified(page: Page, panel: Locator, working: str) -> None:
    toast = page.locator(".Toastify__toast").filter(has_text=f"of “{working}” is done after")
    expect(toast).to_be_visible(timeout=LONG)
    toast.get_by_role("button", name="Show notebook").click()
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_contain_text("640")
