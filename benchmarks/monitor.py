"""What the monitor of one busy Spark costs the Jupyter server, and how soon it tells of a change.

The server, its port-forward, collector and feed are real, and so is the driver's pod. In that pod a program stands in for
Spark's REST API (see ``_fake_driver``), and the executors' pods are objects of which none runs (see ``_executor_pods``): so
there can be a thousand. Modes: ``closed`` nobody looks; ``idle`` a tab looks and no job runs; ``steady`` a job runs, and the
figures of all executors go on; ``changing`` one in a hundred executors is replaced besides, each second.

With ``--browser`` (see ``_screen``): Chromium scrolls the table of the most executors; then, with a real Spark, from a pod's
deletion to the changed row, and from the end of a task to the bar that shows it.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cluster.environment import prepared_namespace, started_servers
from tests.support.browser import JUPYTER, silence_news
from tests.support.notebook import Notebook

from . import _fake_driver, _screen
from ._common import end_tidily, note, parser, print_goal, print_json, print_table
from ._events import event_times
from ._executor_pods import ExecutorPods
from ._process import processor_s, resident_bytes
from ._tab import Tab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.server import JupyterServer

RECORDED = Path(__file__).parents[1] / "tests" / "pure" / "recorded_monitor" / "spark-working.json"
MODES = ("closed", "idle", "steady", "changing")
SETTLE_S = 5.0
START = """
import os, subprocess, sys
for name, text in {files!r}.items():
    with open('/tmp/' + name, 'w') as file:
        file.write(text)
fake = subprocess.Popen([sys.executable, '/tmp/fake.py', '/tmp/recorded.json', '/tmp/asked.json'])
"""
ASK = """
with open('/tmp/asked.new', 'w') as file:
    file.write({text!r})
os.rename('/tmp/asked.new', '/tmp/asked.json')
"""


class Fake:
    """The stand-in for Spark in a notebook's pod."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        files = {"fake.py": Path(_fake_driver.__file__).read_text(), "recorded.json": RECORDED.read_text()}
        self.set(0, "idle")
        notebook.run(START.format(files=files))

    def set(self, executors: int, mode: str) -> dict[str, Any]:
        """From now on it answers so."""
        asked = {"executors": executors, "mode": mode, "since": time.time(), "per_s": max(0.5, executors / 100)}
        self._notebook.run("import os\n" + ASK.format(text=json.dumps(asked)))
        return asked


def cost(server: JupyterServer, seconds: float, tab: Tab | None) -> dict[str, float]:
    """The share of one core, and the bytes and frames that a tab gets, each second."""
    time.sleep(SETTLE_S)
    begun, received, frames = processor_s(server), tab.received if tab else 0, tab.frames if tab else 0
    started = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - started
    return {
        "cpu_share": (processor_s(server) - begun) / took,
        "bytes_per_s": (tab.received - received) / took if tab else 0.0,
        "frames_per_s": (tab.frames - frames) / took if tab else 0.0,
    }


def measure(sizes: Sequence[int], seconds: float, repeats: int, access: str, image: str, browser: bool) -> dict[str, Any]:
    """The figures of one run."""
    found: dict[str, Any] = {"access": access, "seconds": seconds, "sizes": {}}
    with ExitStack() as stack:
        parent = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def folder(name: str) -> Path:
            made = Path(tempfile.mkdtemp(prefix=name, dir=parent))
            silence_news(made)
            return made

        namespace = stack.enter_context(prepared_namespace())
        settings = {"namespace": namespace.name, "image": image, "kubeconfig": str(namespace.kubeconfig()), "access": access}
        start = stack.enter_context(started_servers(folder, **settings))
        server = start(session="off", jupyter=JUPYTER)
        notebook = Notebook(server, name="monitor.ipynb")
        (driver,) = namespace.drivers(notebook.kernel_id)
        fake, pods = Fake(notebook), ExecutorPods(namespace, driver, image)
        for size in sizes:
            note(f"{size} executors: making their pods")
            pods.make(size)
            figures: dict[str, Any] = {}
            found["sizes"][str(size)] = figures
            fake.set(size, "idle")
            figures["closed"] = cost(server, seconds, None)
            before = resident_bytes(server)
            with Tab(server, notebook.kernel_id) as tab:
                for mode in ("idle", "steady", "changing"):
                    note(f"{size} executors, {mode}")
                    asked = fake.set(size, mode)
                    tab.until(lambda kernel: kernel.get("counts", {}).get("running", 0) >= size)  # noqa: B023
                    if mode == "changing":
                        with pods.replaced(asked):
                            figures[mode] = cost(server, seconds, tab)
                    else:
                        figures[mode] = cost(server, seconds, tab)
                    if mode == "steady":
                        figures["server_memory_bytes"] = resident_bytes(server) - before
                        figures |= event_times(namespace, pods, tab, repeats)
                        if browser and size == max(sizes):
                            note(f"{size} executors in a browser")
                            found["scroll"] = _screen.scrolled(server, "monitor.ipynb")
            pods.clear()
        if browser:
            note("a real Spark in a browser")
            found |= _screen.times(start(jupyter=JUPYTER), namespace, repeats)
    return found


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--executors", type=int, nargs="+", default=[10, 100, 1000], help="how many (10 100 1000)")
    arguments.add_argument("--seconds", type=float, default=30, help="how long each mode is watched (30)")
    arguments.add_argument("--repeats", type=int, default=30, help="changes that are timed, each kind (30)")
    arguments.add_argument("--access", choices=("direct", "port-forward"), default="port-forward", help="how pods are reached")
    arguments.add_argument("--browser", action="store_true", help="with Chromium and the panel, which must be built")
    given = arguments.parse_args()
    end_tidily()
    image = os.environ["SPARKK8S_TEST_IMAGE"]
    found = measure(given.executors, given.seconds, given.repeats, given.access, image, given.browser)
    report(found)
    if given.json:
        print_json(found)


def report(found: dict[str, Any]) -> None:
    """The figures as a table, and the goals."""
    print(f"{'executors':>9}  {'mode':9}  {'CPU, % of a core':>16}  {'kB/s a tab':>10}  {'frames/s':>8}")
    for size, figures in found["sizes"].items():
        for mode in MODES:
            row = figures[mode]
            share, bytes_per_s = 100 * row["cpu_share"], row["bytes_per_s"] / 1000
            print(f"{size:>9}  {mode:9}  {share:16.2f}  {bytes_per_s:10.2f}  {row['frames_per_s']:8.1f}")
    largest = str(max(map(int, found["sizes"])))
    steady = found["sizes"][largest]["steady"]
    print_table({f"pod event → message, {size}": each["event_to_message"] for size, each in found["sizes"].items()}, "ms", 1000)
    print_goal(f"CPU with {largest} executors, steady, % of a core", 100 * steady["cpu_share"], 5.0)
    print_goal(f"kB/s a tab with {largest} executors, steady", steady["bytes_per_s"] / 1000, 20.0)
    print_goal("pod event → message, s, median", found["sizes"][largest]["event_to_message"]["median"], 0.3)
    if "scroll" in found:
        print_table({"frame while scrolling": found["scroll"]["frame"]}, "ms", 1000)
        print(f"p95 of frames: {1000 * found['scroll']['p95']:.1f} ms")
        print_table({"deletion → row": found["deletion_to_row"], "task's end → bar": found["progress"]}, "ms", 1000)
        print_goal("deletion → row, s, median", found["deletion_to_row"]["median"], 0.3)
        print_goal("task's end → bar, s, median", found["progress"]["median"], 1.2)


if __name__ == "__main__":
    main()
