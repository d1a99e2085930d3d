"""One Jupyter server with JupyterLab and one Chromium for the panel's tests: a fresh page for each that needs no Spark, and one
page with one Spark for all of those that do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import JUPYTER, artefacts_in, faultless_page, fresh_page, silence_news
from tests.support.browser import browser as browser
from tests.support.browser import page as page
from tests.support.lab import button, last_output, open_lab, open_panel, run_cell, section, shoot
from tests.support.server import JupyterServer

LONG = 180_000  # milliseconds; a busy machine needs many
expect.set_options(timeout=LONG)
SETTINGS = "".join(f"c.{name} = {value}\n" for name, value in JUPYTER.items())
BARE = 'c.SparkK8s.profiles = [{"name": "bare", "session": "off"}]\n'
# A query and a table in memory, for the Spark UI's pages.
FIRST = 'print(spark.range(1000).toDF("star").cache().groupBy("star").count().count())'
# It goes on as long as a test looks at it: each task takes two seconds until there is a file of this name, and none after that.
JOB = """
def work(x, wait=__import__("time").sleep, ends=__import__("os").path.exists):
    ends({ends!r}) or wait(2)
    return x
print(sc.parallelize(range(200), 200).map(work).count())
"""

# Tabs of the Spark UI, in the order in which they are clicked, and what stands there then.
UI: dict[str, str | re.Pattern[str]] = {
    "Stages": "Completed Stages",
    "Storage": "Storage Level",
    "Environment": "Spark Properties",
    "Executors": "RDD Blocks",
    "SQL / DataFrame": re.compile("SQL Executions|Completed Queries"),  # since Spark 4.3, and before
    "Jobs": "Completed Jobs",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with JupyterLab, Notebook 7 and our extension, in directories of its own."""
    folder = tmp_path_factory.mktemp("lab")
    silence_news(folder)
    with JupyterServer(folder, SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots go."""
    return artefacts_in("panel")


@pytest.fixture
def browser_page_without_error_check(browser: Browser) -> Iterator[Page]:
    """As `page`, for Notebook 7, which throws exceptions of its own while it loads."""
    with fresh_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def working_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with a second kernel, which starts no Spark."""
    folder = tmp_path_factory.mktemp("working")
    silence_news(folder)
    kernel = folder / "data" / "kernels" / "bare" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    provisioner = {"provisioner_name": "spark-local", "config": {"profile": "bare"}}
    spec = {"argv": ["python3"], "display_name": "Bare", "language": "python", "interrupt_mode": "message"}
    kernel.write_text(json.dumps(spec | {"metadata": {"kernel_provisioner": provisioner}}))
    with JupyterServer(folder, BARE + SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def lab(browser: Browser, working_server: JupyterServer) -> Iterator[Page]:
    """JupyterLab, in which each test goes on where the one before has ended."""
    # JupyterLab throws exceptions of its own where a kernel dies.
    with faultless_page(browser, "jupyter-sparkk8s") as opened:
        opened.set_default_timeout(LONG)
        open_lab(opened, working_server)
        told = opened.get_by_role("dialog").filter(has_text="Kernel Restarting")
        opened.add_locator_handler(told, lambda: told.get_by_role("button").first.click())
        yield opened


@pytest.fixture(scope="module")
def panel(lab: Page) -> Locator:
    """Its panel."""
    return open_panel(lab)


@pytest.fixture(scope="module")
def spark(lab: Page, panel: Locator, artefacts: Path) -> str:
    """The name of a notebook with Spark, whose start is looked at on the way."""
    panel.get_by_role("button", name="Spark (this machine)").click()
    start = section(panel, "Start")
    expect(start).to_contain_text("Starting Spark")
    expect(start.locator("[aria-current=step]")).to_have_count(1)
    expect(button(lab)).to_have_text("Starting")
    shoot(lab, panel, artefacts / "starting")
    expect(section(panel, "Executors").get_by_role("row")).to_have_count(3)  # with the heads
    expect(start).to_have_count(0)
    expect(button(lab)).to_have_text("Idle")
    expect(section(panel, "Progress")).to_contain_text("No job has run yet.")
    run_cell(lab, FIRST)
    expect(last_output(lab)).to_have_text("1000")
    return str(lab.evaluate("window.jupyterapp.shell.currentWidget.title.label"))


@pytest.fixture(scope="module")
def end_job(lab: Page, panel: Locator, working_server: JupyterServer, spark: str) -> Callable[[], None]:
    """Ends the job that runs in that notebook from here on."""
    ends = working_server.folder / "ends"
    run_cell(lab, JOB.format(ends=str(ends)))
    expect(section(panel, "Progress")).to_contain_text(re.compile(r"[1-9]\d* of 200 tasks, \d running"))
    return ends.touch
