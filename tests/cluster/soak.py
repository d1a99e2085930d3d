"""Starts, kills and crashes kernels and servers at random moments, and counts what is left: nothing may be.

``python -m tests.cluster.soak --cycles 200 --seed 7`` on the cluster of KUBECONFIG; the ring runs a short form of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import websocket

from tests.cluster.environment import Namespace, prepared_namespace, server_config
from tests.cluster.spark_pods import until
from tests.support import census
from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 3
# Profiles of the soak's server, by kernelspec: the usual one makes no Spark session; "late" never fits on a node.
PROFILES: list[dict[str, Any]] = [
    {"name": "spark", "title": "Spark", "session": "eager", "executor_instances": 1},
    {"name": "late", "title": "Late", "driver_cpu": "900"},
    {"name": "wrong", "title": "Wrong", "image": "localhost/there-is-no-such:image", "image_pull_policy": "Never"},
]


def start_server(folder: Path, namespace: Namespace, kubeconfig: Path, image: str) -> JupyterServer:
    """A server with the soak's profiles; several in one folder are servers of one user."""
    for profile in PROFILES:
        spec = folder / "data" / "kernels" / f"spark-{profile['name']}"
        spec.mkdir(parents=True, exist_ok=True)
        provisioner = {"provisioner_name": "spark-k8s", "config": {"profile": profile["name"]}}
        about = {"argv": [], "display_name": profile["title"], "language": "python", "interrupt_mode": "message"}
        (spec / "kernel.json").write_text(json.dumps({**about, "metadata": {"kernel_provisioner": provisioner}}))
    settings = server_config(
        namespace.name,
        image,
        kubeconfig=str(kubeconfig),
        access="port-forward",
        session="off",
        unschedulable_grace_s=600,
        profiles=PROFILES,
    )
    return JupyterServer(folder, settings + census.ENABLE, {"PYTHONPATH": str(Path(__file__).parents[2])}).__enter__()


class Soak:
    """``run(cycles)``, then ``leftovers()``."""

    def __init__(self, folder: Path, namespace: Namespace, kubeconfig: Path, image: str, seed: int) -> None:
        self.namespace = namespace
        self._start = lambda name: start_server(folder / name, namespace, kubeconfig, image)
        self.server = self._start("lasting")
        self._killed = threading.Lock()  # one server at a time is killed
        self._random = random.Random(seed)
        self.done: dict[str, int] = {}
        self.kinds: list[Callable[[], None]] = [
            self.shut_down,
            self.restart,
            self.crash,
            self.lose_the_pod,
            self.give_up_waiting,
            self.never_starts,
            self.with_spark,
            self.kill_the_server,
        ]

    def run(self, cycles: int) -> None:
        """Each kind in turn, in random order, some at a time. Raises what a cycle met that it should not."""
        kinds = (self.kinds * (cycles // len(self.kinds) + 1))[:cycles]
        self._random.shuffle(kinds)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for kind in pool.map(self._cycle, kinds):
                self.done[kind] = self.done.get(kind, 0) + 1

    def _cycle(self, kind: Callable[[], None]) -> str:
        kind()
        return kind.__name__

    def _moment(self, longest_s: float) -> None:
        time.sleep(self._random.uniform(0, longest_s))

    def shut_down(self) -> None:
        """A kernel that runs a cell, and is shut down in the middle of another."""
        notebook = Notebook(self.server)
        assert notebook.run("print(6 * 7)") == "42\n"
        notebook.send("execute_request", {"code": "import time; time.sleep(60)", "silent": False})
        self._moment(0.5)
        notebook.close()

    def restart(self) -> None:
        """A restart by the user."""
        notebook = Notebook(self.server)
        notebook.restart()
        assert notebook.run("print(6 * 7)") == "42\n"
        notebook.close()

    def crash(self) -> None:
        """The kernel kills itself; it is shut down while nobody knows, while it restarts, or after that."""
        notebook = Notebook(self.server)
        notebook.send("execute_request", {"code": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "silent": False})
        self._moment(8)
        notebook.close()

    def lose_the_pod(self) -> None:
        """Somebody deletes the pod."""
        notebook = Notebook(self.server)
        for pod in self.namespace.drivers(notebook.kernel_id):
            self.namespace.core.delete_namespaced_pod(pod["metadata"]["name"], self.namespace.name)
        self._moment(8)
        notebook.close()

    def give_up_waiting(self) -> None:
        """A client asks for a kernel and hangs up; the kernel that arrives later is shut down by its id."""
        path = f"{self._random.random()}.ipynb"
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "spark-k8s"}}
        with contextlib.suppress(OSError):
            self.server.post("api/sessions", body, timeout_s=self._random.uniform(0.05, 1.5))

        def arrived() -> list[dict[str, Any]]:
            return [session for session in self.server.get("api/sessions") if session["path"] == path]

        (session,) = until(arrived, "the kernel whose client hung up")
        self.server.delete(f"api/sessions/{session['id']}")

    def never_starts(self) -> None:
        """A start that fails."""
        with contextlib.suppress(HttpError):
            Notebook(self.server, "spark-wrong")
            raise AssertionError("a kernel started without an image")

    def with_spark(self) -> None:
        """A Spark session at any stage of its start is shut down, executors and all."""
        notebook = Notebook(self.server, "spark-spark")
        self._moment(15)
        notebook.close()

    def kill_the_server(self) -> None:
        """Another server of the user is killed, in a launch or with kernels; the next one in its place deletes those."""
        with self._killed:
            server = self._start("killed")
            kernel = self._random.choice(["spark-k8s", "spark-late"])

            def ask() -> None:
                with contextlib.suppress(OSError, AssertionError, websocket.WebSocketException):
                    Notebook(server, kernel).socket.close()

            asking = threading.Thread(target=ask)
            asking.start()
            self._moment(2.5)
            server.stop(signal.SIGKILL)
            asking.join()

    def leftovers(self) -> dict[str, Any]:
        """What is left of the cycles, when there has been time for it to go: in the cluster, and in the server."""
        heir = self._start("killed")  # sweeps
        try:
            with contextlib.suppress(AssertionError):
                until(lambda: not self._in_cluster(), "nothing is left in the namespace", 60)
            return {
                **self._in_cluster(),
                "kernels": self.server.get("api/kernels"),
                "sessions": self.server.get("api/sessions"),
            }
        finally:
            heir.stop()

    def _in_cluster(self) -> dict[str, Any]:
        core, name = self.namespace.core, self.namespace.name
        maps = [item.metadata.name for item in core.list_namespaced_config_map(name).items]
        found = {
            "pods": [pod["metadata"]["name"] for pod in self.namespace.pods()],
            "secrets": [item["metadata"]["name"] for item in self.namespace.secrets()],
            "config maps": [each for each in maps if each != "kube-root-ca.crt"],
        }
        return {kind: names for kind, names in found.items() if names}

    def census(self) -> dict[str, Any]:
        """The server that lived through all: its tasks, threads, open files and memory."""
        counted: dict[str, Any] = self.server.get("census")
        return counted


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    """What there is more of, kind by kind: tasks, threads, files."""
    more: dict[str, list[str]] = {}
    for kind in ("tasks", "threads", "files"):
        left = list(after[kind])
        for name in before[kind]:
            if name in left:
                left.remove(name)
        more[kind] = left
    return more


def main() -> None:
    """Print what was done and what is left as JSON; exit 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--image", required=True)
    options = parser.parse_args()
    with prepared_namespace() as namespace, tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), namespace, namespace.kubeconfig(), options.image, options.seed)
        try:
            soak.run(len(soak.kinds))
            before = soak.census()
            soak.run(options.cycles)
            left, more = soak.leftovers(), grown(before, soak.census())
            print(json.dumps({"seed": options.seed, "done": soak.done, "left": left, "grown": more}, indent=1))
            raise SystemExit(bool(left.get("pods") or left.get("secrets") or left.get("config maps") or left["kernels"]))
        finally:
            soak.server.stop()


if __name__ == "__main__":
    main()
