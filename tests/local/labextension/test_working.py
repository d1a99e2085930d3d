"""The panel in a real browser beside a real Spark on this machine: its jobs, their cells, trouble and the ways out, the Spark
UI, and a server that goes away. One server and one page for all, each test going on where the one before has ended.
Screenshots go to artefacts/panel.
"""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.local.labextension.conftest import JOB, LONG, UI
from tests.local.processes import of_session
from tests.support.browser import artefacts_in, fresh_page
from tests.support.lab import (
    PANEL,
    button,
    click_through,
    faults_of,
    is_left,
    last_output,
    look_at,
    open_panel,
    run_cell,
    run_command,
    section,
    turn,
    widen,
    without_dialogs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.support.server import JupyterServer

pytestmark = pytest.mark.timeout(600)

ARTEFACTS = artefacts_in("panel")
DIES = "import os; os._exit(3)"
WIDTHS = {
    250: ["Id ↑", "Tasks", "Memory", "Age"],
    400: ["Id ↑", "Node", "Tasks", "Memory", "Age"],
    600: ["Id ↑", "State", "Node", "Tasks", "Memory", "GC", "Shuffle r / w", "Failed", "Age"],
}


def test_an_idle_spark(lab: Page, panel: Locator, spark: str) -> None:
    expect(panel).to_contain_text(spark)
    expect(section(panel, "Driver")).to_contain_text("Process")
    expect(section(panel, "Progress")).to_contain_text(re.compile(r"done, \d+ task"))
    look_at(lab, panel, ARTEFACTS / "idle")


@pytest.mark.usefixtures("end_job")
def test_a_job_is_followed_in_each_width_and_theme(lab: Page, panel: Locator) -> None:
    progress, executors = section(panel, "Progress"), section(panel, "Executors")
    expect(progress).to_contain_text(re.compile("about .* left"))
    expect(progress.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", re.compile("^[1-9]"))
    expect(progress.get_by_text("· cell 2").first).to_be_visible()
    expect(section(panel, "At a glance")).to_contain_text(re.compile(r"Cores busy\s*[12] / 2"))
    expect(button(lab)).to_have_text(re.compile(r"\b[12] tasks?\b"))
    expect(executors.get_by_role("row").nth(1).locator("[data-column=tasks]")).to_have_text(re.compile("[01]"))
    for width, columns in WIDTHS.items():
        widen(lab, panel, width)
        heads = executors.get_by_role("columnheader")
        assert heads.all_inner_texts() == columns
        row = executors.get_by_role("row").nth(1)
        assert row.evaluate("row => row.scrollWidth <= row.clientWidth"), f"{width}: the row is cut"
        look_at(lab, panel, ARTEFACTS / f"working-{width}-light")
        turn(lab, dark=True)
        look_at(lab, panel, ARTEFACTS / f"working-{width}-dark")
        if width == 400:
            turn(lab, dark=True, contrast=True)
            look_at(lab, panel, ARTEFACTS / f"working-{width}-contrast")
        turn(lab, dark=False)
    widen(lab, panel, 330)


@pytest.mark.usefixtures("end_job")
def test_every_control_by_keyboard(lab: Page, panel: Locator) -> None:
    widen(lab, panel, 250)
    run_command(lab, "sparkk8s:open")
    expect(panel).to_be_focused()
    names: list[str] = []
    inside = f"document.querySelector('{PANEL}').contains(document.activeElement)"
    name = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    ring = "getComputedStyle(document.activeElement.parentElement, '::after').borderTopStyle"
    lab.keyboard.press("Tab")
    while lab.evaluate(inside):
        names.append(lab.evaluate(name))
        if names[-1] == "Executors":
            assert lab.evaluate(ring) == "solid"  # above its heads, which would cover an outline
            lab.keyboard.press("End")
            lab.keyboard.press("Enter")
            opened = panel.get_by_role("group", name="Executor 1")
            expect(opened).to_contain_text("of 1 slots busy")
            assert opened.locator("dd").evaluate_all("all => all.every(dd => dd.scrollWidth <= dd.clientWidth)")
            look_at(lab, panel, ARTEFACTS / "executor-opened")
            lab.keyboard.press("Escape")
            expect(panel.get_by_role("group")).to_have_count(0)
        lab.keyboard.press("Tab")
    wanted = ["Spark UI ↗", "Settings of this panel", "Executors", "Id ↑", "Tasks", "Memory", "Age"]
    wanted += ["Spark UI in a tab here", "Restart kernel…", "Stop Spark application…"]
    assert [known for known in names if not re.match(r"(Job|Stage) \d+", known)] == wanted
    assert any(re.match(r"Job \d+", known) for known in names)
    widen(lab, panel, 330)


@pytest.mark.usefixtures("end_job")
def test_an_executor_that_is_killed(lab: Page, panel: Locator) -> None:
    turn(lab, dark=True)
    leader = int(section(panel, "Driver").locator("dt:has-text('Process') + dd").inner_text())
    killed = next(pid for pid, args in of_session(leader).items() if re.search(r"ExecutorBackend.*--executor-id 1\b", args))
    os.kill(killed, signal.SIGKILL)
    expect(section(panel, "Trouble")).to_contain_text(re.compile("Executor 1 (was lost|failed)"))
    next_one = section(panel, "Executors").locator("[data-column=id]").get_by_text("2", exact=True)
    expect(next_one).to_be_visible()
    panel.evaluate("panel => panel.scrollTo(0, 0)")
    look_at(lab, panel, ARTEFACTS / "executor-killed-dark")
    turn(lab, dark=False)


@pytest.mark.usefixtures("end_job")
def test_a_kernel_that_dies_and_the_list_of_all(lab: Page, panel: Locator) -> None:
    trouble, who = section(panel, "Trouble"), section(panel, "Kernel")
    run_command(lab, "notebook:create-new", kernelName="bare")
    expect(panel).to_contain_text("Spark is not started yet")
    expect(button(lab)).to_have_text("No Spark")
    look_at(lab, panel, ARTEFACTS / "spark-not-started")
    who.get_by_role("button", name="All Spark kernels").click()
    expect(who.get_by_role("listitem")).to_have_count(2)
    expect(who).to_contain_text(re.compile(r"Running \d tasks?"))
    look_at(lab, panel, ARTEFACTS / "all-kernels")
    lab.keyboard.press("Escape")

    run_cell(lab, DIES)
    expect(trouble).to_contain_text("The kernel ended and was started again")
    expect(button(lab)).to_have_text("Trouble")
    look_at(lab, panel, ARTEFACTS / "died-once")
    run_cell(lab, DIES)
    expect(trouble.get_by_role("button", name="Restart kernel…")).to_be_visible()
    expect(button(lab)).to_have_text("Died")
    expect(lab.locator(".Toastify__toast")).to_have_count(0)  # the panel has told it
    look_at(lab, panel, ARTEFACTS / "died-twice")
    trouble.get_by_role("button", name="Dismiss").click()
    # JupyterLab takes a dead kernel from its notebook in its own time.
    expect(panel).to_contain_text(re.compile("The driver is gone|The kernel has ended"))
    look_at(lab, panel, ARTEFACTS / "driver-gone")


def test_a_long_job_of_a_notebook_not_in_front_is_notified(
    lab: Page, panel: Locator, spark: str, end_job: Callable[[], None]
) -> None:
    """The panel shows it, chosen from the list; in front is another."""
    who, job = section(panel, "Kernel"), section(panel, "Progress").get_by_role("listitem").first
    who.get_by_role("button", name="All Spark kernels").click()
    who.get_by_role("button", name=re.compile(re.escape(spark))).click()
    expect(job.locator("time").first).to_have_text(re.compile("^[1-9]+:"))
    end_job()
    toast = lab.locator(".Toastify__toast").filter(has_text=f"of “{spark}” is done after")
    expect(toast).to_be_visible()
    lab.screenshot(path=ARTEFACTS / "notified.png")
    toast.get_by_role("button", name="Show notebook").click()
    expect(lab.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_contain_text("work(x")
    expect(last_output(lab)).to_have_text("200")


def test_the_spark_ui_by_its_buttons(lab: Page, panel: Locator, spark: str) -> None:
    """A job's link leads to the page of that job, the button to all of them."""
    link = section(panel, "Progress").get_by_role("link", name=re.compile(r"Job \d+")).first
    with lab.context.expect_page() as opened:
        link.click()
    page_of_it = f"Details for {link.inner_text()}"
    expect(opened.value.locator("body")).to_contain_text(page_of_it)
    opened.value.close()
    with lab.context.expect_page() as opened:
        panel.get_by_role("button", name="Spark UI ↗").click()
    opened.value.wait_for_load_state("networkidle")  # what a reload cuts off would count as a fault
    with faults_of(opened.value) as found:
        opened.value.reload()
        click_through(opened.value, UI)
    opened.value.close()
    assert found == []


def test_the_spark_ui_in_a_tab_here(lab: Page, panel: Locator, spark: str) -> None:
    """A job, a stage and a query, clicked through, and the table of executors filled."""
    ui = lab.frame_locator("iframe[src*='sparkk8s/ui']")
    body = ui.locator("body")

    def go_to(tab: str) -> None:
        if ui.locator(".navbar-toggler").is_visible():  # the page is narrow
            ui.locator(".navbar-toggler").click()
        ui.get_by_role("link", name=tab, exact=True).click()

    with faults_of(lab) as found:
        panel.get_by_role("button", name="Spark UI in a tab here").click()
        ui.locator("a.name-link").first.click()
        expect(body).to_contain_text("Details for Job")
        ui.locator("a.name-link").first.click()
        expect(body).to_contain_text("Details for Stage")
        expect(ui.locator("#active-tasks-table tbody tr").first).to_be_visible()
        go_to("Executors")
        expect(ui.locator("#active-executors-table tbody tr").nth(2)).to_be_visible()
        go_to("SQL / DataFrame")
        ui.locator("a[href*='execution/?id=']").first.click()
        expect(body).to_contain_text("Details for Query")
        lab.wait_for_load_state("networkidle")
    lab.screenshot(path=ARTEFACTS / "spark-ui-tab.png")
    assert found == []
    expect(panel).to_contain_text(spark)  # a tab without a kernel leaves the panel where it is
    run_command(lab, "application:close")


def test_spark_is_stopped_while_a_cell_runs_and_started_again(lab: Page, panel: Locator, spark: str) -> None:
    progress = section(panel, "Progress")
    run_cell(lab, JOB.format(ends="/nowhere"))
    expect(progress).to_contain_text(re.compile(r"of 200 tasks, \d running"))
    section(panel, "Driver").get_by_role("button", name="Stop Spark application…").click()
    lab.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(panel).to_contain_text("Spark has been stopped")
    expect(last_output(lab)).to_contain_text("Error")
    expect(button(lab)).to_have_text("No Spark")
    look_at(lab, panel, ARTEFACTS / "spark-stopped")
    panel.get_by_role("button", name="Start Spark").click()
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
    run_cell(lab, "print(spark.range(4000).repartition(4).count())")
    expect(last_output(lab)).to_have_text("4000")


def test_a_restart_and_a_closed_notebook(lab: Page, panel: Locator, spark: str) -> None:
    section(panel, "Driver").get_by_role("button", name="Restart kernel…").click()
    lab.get_by_role("dialog").locator(".jp-mod-accept").click()
    expect(section(panel, "Start")).to_contain_text("Starting Spark")
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
    expect(section(panel, "Progress")).to_contain_text("No job has run yet.")
    lab.evaluate("window.jupyterapp.shell.currentWidget.context.save()")  # the command would ask for a name
    lab.evaluate("[...window.jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose())")
    expect(panel).to_contain_text("No notebook in front")
    section(panel, "Kernel").get_by_role("button", name="All Spark kernels").click()
    expect(section(panel, "Kernel").get_by_role("listitem")).to_have_count(1)
    look_at(lab, panel, ARTEFACTS / "closed")
    lab.keyboard.press("Escape")


def test_its_place_is_kept_with_the_layout(lab: Page, panel: Locator, spark: str) -> None:
    run_command(lab, "docmanager:open", path=spark)
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
    with lab.expect_response(lambda response: response.request.method == "PUT" and is_left(response.request.post_data or "")):
        lab.get_by_role("tab", name="Spark", exact=True).click(button="right")
        lab.get_by_role("menuitem", name="Switch Sidebar Side").click()
        expect(lab.locator(f"#jp-left-stack {PANEL}")).to_be_visible()
    lab.reload()
    expect(lab.locator(f"#jp-left-stack {PANEL}")).to_be_visible()
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
    look_at(lab, panel, ARTEFACTS / "left")


def test_in_notebook_7(browser: Browser, working_server: JupyterServer, spark: str) -> None:
    with fresh_page(browser) as page:  # which throws exceptions of its own while it loads
        page.goto(f"{working_server.url}notebooks/{spark}?token={working_server.token}")
        page.wait_for_function("window.jupyterapp?.restored")
        panel = open_panel(page)
        expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
        expect(panel.get_by_role("button", name="Settings of this panel")).to_have_count(0)
        expect(panel.get_by_role("button", name="Spark UI in a tab here")).to_have_count(0)
        expect(button(page)).to_have_text("Idle")
        look_at(page, panel, ARTEFACTS / "notebook-7-spark")


def test_a_server_that_goes_and_comes_back(browser: Browser, lab: Page, working_server: JupyterServer, spark: str) -> None:
    lab.close()  # JupyterLab throws exceptions of its own when its server is gone
    with fresh_page(browser) as left:
        left.set_default_timeout(LONG)
        told = left.get_by_role("dialog")  # by JupyterLab, too
        left.add_locator_handler(told, lambda: told.get_by_role("button").first.click())
        left.goto(f"{working_server.url}lab/tree/{spark}?token={working_server.token}&reset")
        left.wait_for_function("window.jupyterapp?.restored")
        panel = open_panel(left)
        expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)
        working_server.stop(signal.SIGKILL)
        expect(panel).to_contain_text(re.compile(r"As it was \d+ s ago"))
        expect(panel).to_contain_text("it is tried again by itself")
        expect(button(left)).to_have_text("No news")
        with without_dialogs(left):
            look_at(left, panel, ARTEFACTS / "feed-lost")
        working_server.__enter__()
        expect(panel).not_to_contain_text("As it was")
        expect(left.get_by_role("dialog")).to_have_count(0)
        look_at(left, panel, ARTEFACTS / "server-back")
