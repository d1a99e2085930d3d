"""What the tests of Spark ask beside a kernel: programs run in a pod, executors that are there, a Secret's contents."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from kubernetes.stream import stream

from tests.support.wait import PATIENCE_S as PATIENCE_S
from tests.support.wait import until as until

if TYPE_CHECKING:
    from tests.cluster.environment import Namespace
    from tests.support.notebook import Notebook

# Process ids of Java in a pod whose image may have no `ps`.
_JAVA = """
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\\0")
    except OSError:
        continue
    if os.path.basename(words[0]) == b"java":
        print(pid)
"""

EXECUTORS = "sc._jsc.sc().statusTracker().getExecutorInfos()"
"""In a cell: those that Spark knows, the driver among them."""


def run_in(namespace: Namespace, pod: str, code: str, container: str = "driver") -> str:
    """What a Python program prints in a running pod, seen from there without the kernel."""
    client = stream(
        namespace.core.connect_get_namespaced_pod_exec,
        pod,
        namespace.name,
        container=container,
        command=["python3", "-c", code],
        stdout=True,
        stderr=True,
        _preload_content=False,
    )
    client.run_forever(timeout=60)
    status, output = client.returncode, str(client.read_all())
    client.sock.shutdown()  # close() leaves the socket open where the server has closed the stream
    assert status == 0, output
    return output


def java_runs(namespace: Namespace, pod: str) -> bool:
    """Whether there is a JVM in a driver pod."""
    found = run_in(namespace, pod, _JAVA).split()
    assert all(pid.isdigit() for pid in found), found
    return bool(found)


def all_executors(notebook: Notebook, namespace: Namespace, count: int = 2) -> list[dict[str, Any]]:
    """The executor pods of a notebook when there are ``count``, all Running and all known to Spark."""

    def running() -> list[dict[str, Any]]:
        pods = namespace.executors(notebook.kernel_id)
        return pods if [pod["status"]["phase"] for pod in pods] == ["Running"] * count else []

    pods: list[dict[str, Any]] = until(running, f"{count} executor pods are Running")
    until(lambda: last_line(notebook, f"len({EXECUTORS}) - 1") == count, f"Spark knows {count} executors")
    return pods


def last_line(notebook: Notebook, value: str, before: str = "", timeout_s: float = 280) -> Any:
    """Run ``before`` and return what ``value`` is after it, through JSON."""
    output = notebook.run(f"{before}\nimport json\nprint(json.dumps({value}))", timeout_s=timeout_s)
    return json.loads(output.strip().splitlines()[-1])


def launch_secret(namespace: Namespace, pod: str) -> dict[str, str]:
    """The texts that a driver pod was launched with, by key."""
    (secret,) = [item for item in namespace.secrets() if item["metadata"]["name"] == pod]
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
