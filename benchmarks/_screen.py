"""What a person sees of the monitor, in a real JupyterLab and Chromium, for ``monitor``; the panel must be built. Clocks of the
cluster's node and of this machine must be one: it is about milliseconds.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.support.browser import fresh_page, started_browser
from tests.support.lab import PANEL, open_lab, open_panel, run_command
from tests.support.notebook import Notebook

from ._common import note, percentile, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

SCROLL_S, SCROLL_PIXELS = 10.0, 40
TASKS = 12
WAIT_MS = 300_000
# The id of a row of an executor that runs; the newest are at the end, which may be out of sight.
RUNNING_ROW = """
panel => {
  const grid = document.querySelector(`${panel} [role=grid]`);
  grid?.scrollTo(0, grid.scrollHeight);
  return grid?.querySelector('[role=row][data-state=running]')?.id;
}
"""
# Scrolls up and down by so many pixels each frame; the milliseconds between frames.
SCROLL = """
([panel, seconds, pixels]) => new Promise(done => {
  const grid = document.querySelector(`${panel} [role=grid]`);
  const times = [];
  const end = performance.now() + 1000 * seconds;
  let last = null;
  const frame = now => {
    if (last !== null) {
      times.push(now - last);
    }
    last = now;
    const bottom = grid.scrollHeight - grid.clientHeight;
    pixels = grid.scrollTop >= bottom ? -Math.abs(pixels) : grid.scrollTop <= 0 ? Math.abs(pixels) : pixels;
    grid.scrollTop += pixels;
    if (now < end) {
      requestAnimationFrame(frame);
    } else {
      done(times);
    }
  };
  requestAnimationFrame(frame);
})
"""
# When the row of an executor says something else than that it runs, in milliseconds since 1970.
AWAIT_ROW = """
id => {
  window.changedAt = new Promise(done => {
    const look = () => {
      if (document.getElementById(`sparkk8s-executor-${id}`)?.dataset.state === 'running') {
        requestAnimationFrame(look);
      } else {
        done(Date.now());
      }
    };
    look();
  });
}
"""
# From now on: each value that the bar of a job has shown, and when.
RECORD_BARS = """
panel => {
  window.barsSeen = {};
  const look = () => {
    for (const bar of document.querySelectorAll(`${panel} [role=progressbar][aria-label^="Job "]`)) {
      const seen = (window.barsSeen[bar.getAttribute('aria-label')] ??= []);
      const now = Number(bar.getAttribute('aria-valuenow'));
      if (seen.at(-1)?.[0] !== now) {
        seen.push([now, Date.now()]);
      }
    }
    requestAnimationFrame(look);
  };
  look();
}
"""
JOB = f"""
import random, time
sc.parallelize(range({TASKS}), {TASKS}).foreach(lambda number: time.sleep(random.uniform(0.3, 1.2)))
"""


@contextmanager
def panel_of(server: JupyterServer, path: str) -> Iterator[Page]:
    """A page with the notebook at ``path``, whose session there is, in front, and the panel beside it."""
    spec = {"name": "spark-k8s", "display_name": "Spark on K8s", "language": "python"}
    content = {"cells": [], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    server.request("PUT", f"api/contents/{path}", {"type": "notebook", "content": content})
    with started_browser() as browser, fresh_page(browser) as page:
        open_lab(page, server)
        run_command(page, "docmanager:open", path=path)
        open_panel(page)
        _running_row(page)
        yield page


def scrolled(server: JupyterServer, path: str) -> dict[str, Any]:
    """Seconds between frames while the table of executors is scrolled."""
    with panel_of(server, path) as page:
        rows = int(page.locator(f"{PANEL} [role=grid]").get_attribute("aria-rowcount") or 0)
        seconds = [ms / 1000 for ms in page.evaluate(SCROLL, [PANEL, SCROLL_S, SCROLL_PIXELS])]
    return {"rows": rows - 1, "frame": summary(seconds), "p95": percentile(seconds, 95)}


def times(server: JupyterServer, namespace: Namespace, repeats: int) -> dict[str, Any]:
    """Seconds from a pod's deletion to its changed row, and from the end of a task to a bar that shows it."""
    notebook = Notebook(server, name="real.ipynb")
    notebook.run("sc", timeout_s=300)
    with panel_of(server, "real.ipynb") as page:
        deletions = [_deletion(page, namespace) for _ in range(repeats)]
        _running_row(page)
        page.evaluate(RECORD_BARS, PANEL)
        for number in range(max(2, repeats // TASKS + 1)):
            note(f"job {number + 1}")
            notebook.run(JOB)
        time.sleep(2)
        progress = _lags(server, notebook, page.evaluate("window.barsSeen"))
    return {
        "deletion_to_row": summary(deletions),
        "progress": summary(progress) | {"p95": percentile(progress, 95)},
    }


def _running_row(page: Page) -> str:
    return str(page.wait_for_function(RUNNING_ROW, arg=PANEL, timeout=WAIT_MS).json_value())


def _deletion(page: Page, namespace: Namespace) -> float:
    """Seconds from the request that deletes a running executor's pod."""
    executor = _running_row(page).rpartition("-")[2]
    (pod,) = [each for each in namespace.pods(f"spark-exec-id={executor}") if each["status"]["phase"] == "Running"]
    page.evaluate(AWAIT_ROW, executor)
    begun = time.time()
    namespace.core.delete_namespaced_pod(pod["metadata"]["name"], namespace.name)
    took = float(page.evaluate("window.changedAt")) / 1000 - begun
    note(f"deletion → row {1000 * took:.0f} ms")
    return took


def _lags(server: JupyterServer, notebook: Notebook, seen: dict[str, list[list[float]]]) -> list[float]:
    """For the first task that ends, the second and so on: when the bar showed so many, less when that was."""
    api = f"sparkk8s/ui/{notebook.kernel_id}/api/v1/applications"
    app = f"{api}/{server.get(api)[0]['id']}"
    lags = []
    for job in server.get(f"{app}/jobs"):
        if job["numTasks"] != TASKS:
            continue
        tasks = server.get(f"{app}/stages/{job['stageIds'][0]}/0/taskList?length=100")
        ends = sorted(_epoch(task["launchTime"]) + task["duration"] / 1000 for task in tasks)
        shown = [(round(percent * TASKS / 100), at / 1000) for percent, at in seen[f"Job {job['jobId']}"]]
        lags += [next(at for count, at in shown if count >= done) - end for done, end in enumerate(ends, 1)]
    return lags


def _epoch(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fGMT").replace(tzinfo=timezone.utc).timestamp()
