"""What reading a driver's Spark UI through the Jupyter server adds to reading it directly, beside jupyter-server-proxy 4.6.

direct                the driver's own port
ours                  <base_url>sparkk8s/ui/<kernel id>/
jupyter_server_proxy  <base_url>proxy/127.0.0.1:<port>/ of the same server (extra ``bench``)
server_alone          what of ours is Jupyter's: a request that is let in, and answered without the driver

All in one run on the local backend, so that the network adds nothing, taking turns of so many requests in a row as a page of
Spark's UI has files; who begins changes each round. What the first of each row takes, after others had the processors, is told
apart. Each keeps its connection, and shows the login cookie that a browser has. Needs no cluster, but Java.
"""

from __future__ import annotations

import http.client
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

from ._common import end_tidily, note, parser, print_goal, print_json, print_table, summary

OTHER = "jupyter_server_proxy"
# Spark's smallest answer, a page, and a large file of its pages.
PATHS = ("api/v1/version", "jobs/", "static/d3.min.js")
IN_A_ROW = 20
GOAL_MS = 1.5


@dataclass
class Way:
    """One way to the UI."""

    connection: http.client.HTTPConnection
    prefix: str
    headers: dict[str, str]
    only: str = ""  # asked for whatever the path
    status: int = 200

    def ask(self, path: str) -> tuple[float, int]:
        """Seconds until the whole answer is there, and its size."""
        try:
            return self._ask(path)
        except http.client.RemoteDisconnected:  # Spark's UI closes a connection that waits while the others are slow
            self.connection.close()
            return self._ask(path)

    def _ask(self, path: str) -> tuple[float, int]:
        begun = time.perf_counter()
        self.connection.request("GET", self.prefix + (self.only or path), headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begun
        assert answer.status == self.status, (self.prefix + path, answer.status, body[:500])
        return took, len(body)


def cookie_of(server: JupyterServer) -> str:
    """What a browser shows after it has logged in."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"{server.base_url}api/status?token={server.token}")
    answer = connection.getresponse()
    answer.read()
    return "; ".join(value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


def ways(server: JupyterServer, kernel_id: str, ui: str) -> dict[str, Way]:
    """Those that can be measured here. ``ui`` is the driver's own address."""
    port = urlsplit(ui).port
    cookie = {"Cookie": cookie_of(server)}

    def to_server() -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    ours = f"{server.base_url}sparkk8s/ui/{kernel_id}/"
    found = {
        "direct": Way(http.client.HTTPConnection("127.0.0.1", port, timeout=60), "/", {}),
        "ours": Way(to_server(), ours, cookie),
        "server_alone": Way(to_server(), ours, cookie, only="%2e%2e/", status=400),
    }
    if find_spec(OTHER) is None:
        note(f"{OTHER}: left out, since it is not installed (pip install 'jupyter-sparkk8s[bench]')")
    else:
        found[OTHER] = Way(to_server(), f"{server.base_url}proxy/127.0.0.1:{port}/", cookie)
    return found


def measure(repeats: int) -> dict[str, Any]:
    """Seconds of each way, by path."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        extensions = {OTHER: True} if find_spec(OTHER) is not None else {}
        server = stack.enter_context(JupyterServer(folder, f"c.ServerApp.jpserver_extensions = {extensions}\n"))
        notebook = Notebook(server, "spark-local")
        stack.callback(notebook.close)
        ui = notebook.run("sc.range(1000).count()\nprint(sc.uiWebUrl)", timeout_s=300).split()[-1]
        rows = ways(server, notebook.kernel_id, ui)
        found: dict[str, Any] = {}
        for path in PATHS:
            seconds: dict[str, list[float]] = {name: [] for name in rows}
            sizes: dict[str, int] = {}
            firsts: dict[str, list[float]] = {name: [] for name in rows}
            order = list(rows)
            for number in range(1 + repeats // IN_A_ROW):
                for name in order:
                    asked = [rows[name].ask(path) for _ in range(IN_A_ROW)]
                    sizes[name] = asked[0][1]
                    if number:  # the first round warms up
                        seconds[name] += [took for took, _ in asked]
                        firsts[name].append(asked[0][0])
                order = [*order[1:], order[0]]
            found[path] = {
                "bytes": sizes["direct"],
                **{name: summary(each) for name, each in seconds.items()},
                "added_s": added(seconds),
                "added_to_the_first_s": added(firsts),
            }
    return found


def added(seconds: dict[str, list[float]]) -> dict[str, float]:
    """Of the medians, by way."""
    median = {name: statistics.median(each) for name, each in seconds.items()}
    return {name: median[name] - median["direct"] for name in ("ours", OTHER) if name in median}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=1000, help="requests of each way and path that count (1000)")
    given = arguments.parse_args()
    end_tidily()
    found = measure(given.repeats)
    for path, figures in found.items():
        print(f"/{path}, {figures['bytes']} bytes")
        print_table({name: figures[name] for name in ("direct", "ours", "server_alone", OTHER) if name in figures}, "ms", 1000)
        for name, added_s in figures["added_s"].items():
            if name == "ours":
                print_goal("added by ours, ms", 1000 * added_s, GOAL_MS)
            else:
                print(f"added by {name}, ms: {1000 * added_s:.2f}")
        firsts = ", ".join(f"{name} {1000 * added_s:.2f}" for name, added_s in figures["added_to_the_first_s"].items())
        print(f"to the first of each row, ms: {firsts}")
    if given.json:
        print_json(found)


if __name__ == "__main__":
    main()
