"""Starts that take long, in a real browser: two notebooks of one name are not mixed up, a restart that is cancelled leaves a
way out, and a notebook that is closed meanwhile tells of no death. Kernels here start no Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.local.conftest import NO_SPARK, slow_python
from tests.local.labextension.conftest import LONG, SETTINGS
from tests.support.browser import fresh_page, silence_news
from tests.support.lab import (
    dismiss_dialogs,
    last_output,
    look_at,
    open_lab,
    open_panel,
    run_cell,
    run_command,
    section,
)
from tests.support.server import JupyterServer
from tests.support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTEBOOK = {
    "cells": [],
    "metadata": {"kernelspec": {"name": "spark-local", "display_name": "Spark (this machine)", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
TOASTS = ".Toastify__toast"
BUSY = """
import os, time
while not os.path.exists({ends!r}):
    time.sleep(0.1)
"""
# Not awaited: it lasts as long as the start.
RESTART = "void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().catch(() => null)"


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = tmp_path_factory.mktemp("slow")
    silence_news(folder / "server")
    with JupyterServer(folder / "server", NO_SPARK + SETTINGS, slow_python(folder)) as server:
        for name in ("here", "there"):
            server.request("PUT", f"api/contents/{name}", {"type": "directory"})
            server.request("PUT", f"api/contents/{name}/same.ipynb", {"type": "notebook", "content": NOTEBOOK})
        yield server


@pytest.fixture
def slow(slow_server: JupyterServer) -> Iterator[Path]:
    """While this file is there, kernels that start don't come to run."""
    path = slow_server.folder.with_name("slow")
    path.touch()
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def lab(browser: Browser, slow_server: JupyterServer) -> Iterator[Page]:
    """JupyterLab; what it throws itself of starts that are cancelled is no matter of ours."""
    with fresh_page(browser) as opened:
        open_lab(opened, slow_server)
        yield opened


@pytest.fixture(scope="module")
def panel(lab: Page) -> Locator:
    return open_panel(lab)


def open_notebook(page: Page, path: str) -> None:
    """Without waiting for its kernel."""
    run_command(page, "docmanager:open", path=path)
    page.wait_for_function("path => window.jupyterapp.shell.currentWidget?.sessionContext?.path == path", arg=path)


def test_the_start_of_another_notebook_of_this_name_can_not_be_cancelled(
    lab: Page, panel: Locator, slow: Path, slow_server: JupyterServer, artefacts: Path
) -> None:
    for path in ("there/same.ipynb", "here/same.ipynb"):
        open_notebook(lab, path)
        expect(section(panel, "Kernel")).to_contain_text(path if path.startswith("here") else "same.ipynb", timeout=LONG)
        expect(section(panel, "Start")).to_contain_text("Starting Python")
        expect(section(panel, "Start")).not_to_contain_text("Spark")
    look_at(lab, panel, artefacts / "two-starts")
    section(panel, "Start").get_by_role("button", name="Cancel start").click()
    expect(section(panel, "Start")).to_have_count(0, timeout=LONG)
    expect(lab.get_by_role("dialog")).to_contain_text("Start cancelled", timeout=LONG)
    dismiss_dialogs(lab)
    slow.unlink()
    until(lambda: [each["path"] for each in slow_server.get("api/sessions")] == ["there/same.ipynb"], "the other starts", 60)


def test_a_restart_that_is_cancelled_has_a_way_out(lab: Page, panel: Locator, slow: Path, artefacts: Path) -> None:
    slow.unlink()
    open_notebook(lab, "there/same.ipynb")
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)
    slow.touch()
    lab.evaluate(RESTART)
    section(panel, "Start").get_by_role("button", name="Cancel start").click(timeout=LONG)
    expect(panel).to_contain_text("The kernel has ended", timeout=LONG)
    dismiss_dialogs(lab)
    look_at(lab, panel, artefacts / "restart-cancelled")
    expect(lab.locator(TOASTS)).to_have_count(0)
    slow.unlink()
    panel.get_by_role("button", name="Start the kernel again").click()
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)


def test_a_busy_kernel_without_spark_may_be_starting_it(
    lab: Page, panel: Locator, slow_server: JupyterServer, artefacts: Path
) -> None:
    """In front, and chosen from the list while another notebook is."""
    ends = slow_server.folder / "ends"
    run_cell(lab, "print(1 + 1)")  # what JupyterLab asks a new kernel itself makes it take one that works for idle
    expect(last_output(lab)).to_have_text("2", timeout=LONG)
    run_cell(lab, BUSY.format(ends=str(ends)))
    expect(panel).to_contain_text("The kernel is busy", timeout=LONG)
    open_notebook(lab, "here/same.ipynb")
    expect(panel).to_contain_text("has no kernel", timeout=LONG)
    dismiss_dialogs(lab)
    who = section(panel, "Kernel")
    who.get_by_role("button", name="All Spark kernels").click()
    who.get_by_role("listitem").get_by_role("button", name="same.ipynb").click()
    expect(panel).to_contain_text("The kernel is busy", timeout=LONG)
    look_at(lab, panel, artefacts / "busy-without-spark")
    ends.touch()
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)
    open_notebook(lab, "there/same.ipynb")


def test_a_notebook_that_is_closed_while_its_kernel_restarts_tells_of_no_death(
    lab: Page, panel: Locator, slow: Path, slow_server: JupyterServer, artefacts: Path
) -> None:
    lab.evaluate(RESTART)
    expect(section(panel, "Start")).to_contain_text("Starting Python", timeout=LONG)
    lab.evaluate(
        "async () => { const it = window.jupyterapp.shell.currentWidget; await it.sessionContext.shutdown(); it.dispose(); }"
    )
    until(lambda: slow_server.get("api/kernels") == [], "the kernel is gone", 60)
    slow.unlink()
    # Events come in their order: what was to be told of the one before has been when this start is seen.
    run_command(lab, "notebook:create-new", kernelName="spark-local")
    expect(panel).to_contain_text("Spark is not started yet", timeout=LONG)
    lab.screenshot(path=artefacts / "closed-while-restarting.png")
    expect(lab.locator(TOASTS)).to_have_count(0)
