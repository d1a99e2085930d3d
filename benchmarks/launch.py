"""From the start of a kernel to its ``kernel_info_reply``, beside the limit and the other provisioner of remote kernels.

bare                  a pod with ipykernel, without this package: the limit
ours                  default settings, pods reached by their addresses
ours_port_forward     default settings, pods reached through the API server
gateway_provisioners  version 0.5, its own defaults (extra ``bench``)

All in one run, taking turns; same image, node and resources; the pod is gone before the next start. The rows that reach
pods by their addresses are left out where the cluster's node isn't this machine.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubernetes import client

from jupyter_sparkk8s.config.traits import SparkK8s
from tests.cluster.environment import prepared_namespace

from . import _gateway
from ._bare import BareLauncher
from ._common import Summary, end_tidily, note, parser, print_goal, print_json, print_table, summary
from ._launchers import KernelLauncher, Place, Row

if TYPE_CHECKING:
    from tests.cluster.environment import Namespace

GONE_S = 60.0
SETTLE_S = 2.0  # what the node still does for a pod that is gone must not meet the next start


def local_node() -> tuple[str, str] | None:
    """The cluster's node that is this machine, and the address of ours that its pods can call; None where there is none."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    for node in client.CoreV1Api().list_node().items if boot.exists() else []:
        if node.status.node_info.boot_id == boot.read_text().strip():
            internal = next(item.address for item in node.status.addresses if item.type == "InternalIP")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
                way.connect((internal, 9))  # sends nothing
                return str(node.metadata.name), str(way.getsockname()[0])
    return None


def prepare(stack: ExitStack, namespace: Namespace, image: str) -> dict[str, Row]:
    """The rows that can be measured here."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder.chmod(0o755)  # a pod's user reads below it
    node = local_node()
    selector = {"kubernetes.io/hostname": node[0]} if node else {}
    defaults = SparkK8s()
    kubeconfig = str(namespace.kubeconfig())
    place = Place(namespace.name, kubeconfig, image, defaults.driver_cpu, defaults.driver_memory, selector)

    def ours(access: str) -> Row:
        settings: dict[str, Any] = {"namespace": namespace.name, "kubeconfig": kubeconfig, "image": image, "access": access}
        settings |= {"image_pull_policy": "IfNotPresent", "node_selector": selector}
        environ = {"JUPYTER_DATA_DIR": str(folder / access)}
        return stack_row(Row(KernelLauncher, "spark-k8s", settings, environ=environ))

    def stack_row(row: Row) -> Row:
        stack.callback(row.close)
        return row

    rows: dict[str, Row] = {}
    if node is None:
        note("bare, ours, gateway_provisioners: left out, since no node of the cluster is this machine")
    else:
        rows = {"bare": stack_row(Row(BareLauncher, place)), "ours": ours("direct")}
    rows["ours_port_forward"] = ours("port-forward")
    if not _gateway.is_installed():
        note("gateway_provisioners: left out, since it is not installed (pip install 'jupyter-sparkk8s[bench]')")
    elif node is not None:
        data, files = folder / _gateway.KERNEL, folder / "files"
        files.mkdir()
        _gateway.install(place, data, files)
        environ = {"JUPYTER_DATA_DIR": str(data), **_gateway.environ(place, node[1])}
        rows["gateway_provisioners"] = stack_row(Row(KernelLauncher, _gateway.KERNEL, {}, environ=environ))
    return rows


def measure(repeats: int, image: str) -> dict[str, Summary]:
    """Each row's seconds. Each launches once before it counts."""
    seconds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        # gateway_provisioners' pods don't pass ``restricted``.
        namespace = stack.enter_context(prepared_namespace(labels={}))
        rows = prepare(stack, namespace, image)
        order = list(rows)
        for number in range(repeats + 1):
            for name in order:
                took = rows[name].launch()
                note(f"{name:20} {took:6.3f} s{' (warming up)' * (number == 0)}")
                if number:
                    seconds.setdefault(name, []).append(took)
                _wait_until_gone(namespace)
            order = [*order[1:], order[0]]  # so that none always follows the same one
    return {name: summary(seconds[name]) for name in rows}


def _wait_until_gone(namespace: Namespace) -> None:
    until = time.monotonic() + GONE_S
    while namespace.pods():
        assert time.monotonic() < until, f"pods are still there after {GONE_S:.0f} s"
        time.sleep(0.1)
    time.sleep(SETTLE_S)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=10, help="launches of each row that count (10)")
    asked = arguments.parse_args()
    end_tidily()
    found: dict[str, Any] = measure(asked.repeats, os.environ["SPARKK8S_TEST_IMAGE"])
    print_table(found)
    for against, limit in (("bare", 1.10), ("gateway_provisioners", 0.60)):
        if "ours" in found and against in found:
            print_goal(f"ours / {against}", found["ours"]["median"] / found[against]["median"], limit)
    if asked.json:
        print_json(found)


if __name__ == "__main__":
    main()
