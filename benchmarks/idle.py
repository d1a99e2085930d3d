"""What a Jupyter server's idle kernels cost it, each with an open websocket and a Spark session.

Two servers of the same settings are asked in turn, one with the kernels and one with none, so that what else the machine does
meets both: ``/api/status``, the processor time of 60 s, and the memory that each kernel took.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any

from tests.cluster.environment import prepared_namespace, server_config
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

from ._common import beside, end_tidily, note, parser, print_goal, print_json, print_table, summary
from ._process import processor_s, resident_bytes
from ._status import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = {
    "driver_cpu": "50m",
    "driver_memory": "1280Mi",
    "executor_cpu": "50m",
    "executor_memory": "1Gi",
    "executor_cores": 1,
    "executor_instances": 0,  # and one while there is work: an idle notebook has none
    "executor_max_instances": 1,
}
SETTLE_S = 20.0
# Resident memory of all that runs in the pod: the start script, the kernel and the JVM.
POD_MEMORY = """
import glob, re
def resident(path):
    try:
        return int((re.search(r"VmRSS:\\s+(\\d+)", open(path).read()) or [0, 0])[1])
    except OSError:
        return 0
print(1024 * sum(map(resident, glob.glob("/proc/[0-9]*/status"))))
"""


@contextmanager
def held_open(notebooks: list[Notebook]) -> Iterator[None]:
    """Answer the servers' pings, as a browser does."""

    def answer(done: threading.Event) -> None:
        sockets: dict[Any, Notebook] = {notebook.socket.sock: notebook for notebook in notebooks}
        while not done.is_set():
            for ready in select(list(sockets), [], [], 1)[0]:
                sockets[ready].socket.recv_data(control_frame=True)

    with beside(answer):
        yield


def measure(kernels: int, seconds: float, image: str) -> dict[str, Any]:
    """The figures of one run."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        namespace = stack.enter_context(prepared_namespace())
        config = server_config(
            namespace.name, image, kubeconfig=str(namespace.kubeconfig()), **{"access": "port-forward", **SMALL}
        )
        none, server = (
            stack.enter_context(JupyterServer(Path(tempfile.mkdtemp(dir=folder)), config)) for _ in ("none", "idle")
        )
        notebooks: list[Notebook] = []

        def start() -> Notebook:
            made = Notebook(server)
            made.run("spark.version", timeout_s=300)
            return made

        # The first kernel brings what all share: imports, the connection, the watch.
        notebooks.append(start())
        before = resident_bytes(server)
        for number in range(1, kernels):
            notebooks.append(start())
            note(f"{number + 1} kernels")
        pods = [int(notebook.run(POD_MEMORY)) for notebook in notebooks]
        time.sleep(SETTLE_S)
        for notebook in notebooks:
            notebook.reconnect()
        memory = (resident_bytes(server) - before) / max(1, kernels - 1)
        with held_open(notebooks):
            note(f"idle for {seconds:.0f} s")
            begun = [processor_s(each) for each in (none, server)]
            time.sleep(seconds)
            cost = [processor_s(each) - start for each, start in zip((none, server), begun, strict=True)]
            note(f"asking for {seconds:.0f} s")
            with asked(none, server) as (without, idle):
                time.sleep(seconds)
            assert all(notebook.socket.connected for notebook in notebooks)
    return {
        "kernels": kernels,
        "status": {"none": summary(without), "idle": summary(idle)},
        "over_s": seconds,
        "server_cpu_s": {"none": cost[0], "idle": cost[1]},
        "server_memory_per_kernel_bytes": memory,
        "pod_memory_bytes": summary(pods),
    }


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--kernels", type=int, default=10, help="idle kernels (10)")
    arguments.add_argument("--seconds", type=float, default=60, help="how long they are watched, then asked (60)")
    given = arguments.parse_args()
    end_tidily()
    found = measure(given.kernels, given.seconds, os.environ["SPARKK8S_TEST_IMAGE"])
    print("/api/status")
    print_table({"no kernel": found["status"]["none"], f"{given.kernels} idle": found["status"]["idle"]}, "ms", 1000)
    cost = found["server_cpu_s"]
    print(f"Server's processor time over {given.seconds:.0f} s: {cost['idle']:.2f} s, {cost['none']:.2f} s with no kernel")
    print(f"Memory per kernel: {found['server_memory_per_kernel_bytes'] / 2**20:.1f} MiB in the server, ", end="")
    print(f"{found['pod_memory_bytes']['median'] / 2**20:.0f} MiB in its pod")
    print_goal("/api/status, idle / none", found["status"]["idle"]["median"] / found["status"]["none"]["median"], 1.2)
    if given.json:
        print_json(found)


if __name__ == "__main__":
    main()
