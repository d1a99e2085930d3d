"""Thirty kernels started at once: none is lost, each answers on its own websocket, and the server answers others meanwhile.

The pods are small and make no Spark session: what is measured is the server, and the node must hold them. Where node and server
share a machine, thirty pods that start take the processor from whoever else wants it. How much that alone is, a second server
tells: it starts nothing, and is asked in the same moments.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.cluster.environment import prepared_namespace, server_config
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

from ._common import end_tidily, note, parser, percentile, print_goal, print_json, print_table, summary
from ._status import asked

# Thirty of the least limit that Spark can live with would fill a small node by what they ask for, without using it.
ASKED = {"requests": {"memory": "256Mi"}}
SMALL = {
    "driver_cpu": "20m",
    "driver_memory": "960Mi",
    "driver_pod_extra": {"spec": {"containers": [{"name": "driver", "resources": ASKED}]}},
    "session": "off",
    "access": "port-forward",
}
SETTLE_S, IDLE_S = 5.0, 20.0
ANSWER_S = END_S = 300.0


def measure(count: int, image: str) -> dict[str, Any]:
    """The figures of one run."""
    with ExitStack() as stack:
        folder, other_folder = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        namespace = stack.enter_context(prepared_namespace())
        pool = stack.enter_context(ThreadPoolExecutor(count))
        config = server_config(namespace.name, image, kubeconfig=str(namespace.kubeconfig()), **SMALL)
        server = JupyterServer(folder, config)
        stack.callback(lambda: server.process and server.stop(timeout_s=END_S))  # ends its kernels, and what waits for it
        server.__enter__()
        other = stack.enter_context(JupyterServer(other_folder, config))
        one = Notebook(server)  # imports, the connection, the watch: not what a start costs
        one.run("1")
        one.close()
        time.sleep(SETTLE_S)
        note(f"idle for {IDLE_S:.0f} s")
        with asked(server, other) as (idle, other_idle):
            time.sleep(IDLE_S)

        def start() -> tuple[str, float]:
            begun = time.perf_counter()
            notebook = Notebook(server)
            answer = notebook.run("print(1 + 1)", timeout_s=ANSWER_S)
            assert answer == "2\n", answer
            return notebook.kernel_id, time.perf_counter() - begun

        note(f"{count} starts")
        with asked(server, other) as (burst, other_burst):
            futures = [pool.submit(start) for _ in range(count)]
            errors = [repr(error) for future in futures if (error := future.exception()) is not None]
        started = [future.result() for future in futures if future.exception() is None]
        alive = {kernel["id"] for kernel in server.get("api/kernels")}
        note("ending them")
    found = {"idle": idle, "burst": burst, "other_idle": other_idle, "other_burst": other_burst}
    return {
        "kernels": count,
        "lost": count - len(alive & {kernel_id for kernel_id, _ in started}),
        "errors": errors,
        "start": summary([seconds for _, seconds in started]),
        "status": {name: summary(times) for name, times in found.items()},
        "status_p99": {name: percentile(times, 99) for name, times in found.items()},
    }


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--kernels", type=int, default=30, help="starts at once (30)")
    given = arguments.parse_args()
    end_tidily()
    found = measure(given.kernels, os.environ["SPARKK8S_TEST_IMAGE"])
    print(f"From the click to the answer of 1 + 1, {given.kernels} at once, {found['lost']} lost")
    print_table({"start": found["start"]})
    print("/api/status")
    print_table(found["status"], "ms", 1000)
    p99 = found["status_p99"]
    for name, server in (("", "the server"), ("other_", "one that starts nothing")):
        print(f"p99 of {server}: {1000 * p99[name + 'idle']:.1f} ms idle, {1000 * p99[name + 'burst']:.1f} ms in the burst")
    print_goal("/api/status, p99 in the burst / idle", p99["burst"] / p99["idle"], 3.0)
    for error in found["errors"]:
        print(error)
    if given.json:
        print_json(found)
    sys.exit(1 if found["lost"] else 0)


if __name__ == "__main__":
    main()
