"""Ends a driver that nobody uses: no client is connected for a stated time, and no cell runs. A client that was killed, or
whose machine was, tells nobody; a server that comes back may find its kernels by then, or delete them itself.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_ESTABLISHED = "01"
_EVERY_S = 15.0


def busy_file() -> str:
    """There while a cell runs."""
    return os.path.join(os.path.dirname(os.environ["SPARK_CONF_DIR"]), "busy")


def is_busy() -> bool:
    """Whether a cell runs."""
    return os.path.exists(busy_file())


def connections(ports: Collection[int]) -> int:
    """How many clients of other hosts are connected to these ports of the pod. Source: proc(5), /proc/net/tcp."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split()[1:4] for line in file][1:]
        except OSError:  # a kernel without IPv6
            continue
        for local, remote, state in rows:
            address, port = local.rsplit(":", 1)
            # A kernel's own threads may be among its clients.
            count += state == _ESTABLISHED and int(port, 16) in ports and remote.rsplit(":", 1)[0] != address
    return count


def wait_until_alone(limit_s: float, connected: Callable[[], bool], busy: Callable[[], bool] = is_busy) -> None:
    """Return when for ``limit_s`` seconds neither was true."""
    used_at = time.monotonic()
    while time.monotonic() - used_at < limit_s:
        time.sleep(min(limit_s / 4, _EVERY_S))
        if connected() or busy():
            used_at = time.monotonic()


def delete_own_pod() -> None:
    """Ask Kubernetes to delete this pod, with the pod's own account: its executors and its Secret go with it."""
    with open(os.path.join(_ACCOUNT, "token")) as token, open(os.path.join(_ACCOUNT, "namespace")) as namespace:
        headers = {"Authorization": "Bearer " + token.read(), "Content-Type": "application/json"}
        path = "/api/v1/namespaces/{}/pods/{}".format(namespace.read(), os.environ["SPARKK8S_POD"])
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    address = "https://{}:{}".format("[" + host + "]" if ":" in host else host, os.environ["KUBERNETES_SERVICE_PORT"])
    body = json.dumps({"propagationPolicy": "Background"}).encode()
    request = Request(address + path, data=body, headers=headers, method="DELETE")  # noqa: S310 - the API server's
    urlopen(request, timeout=30, context=ssl.create_default_context(cafile=os.path.join(_ACCOUNT, "ca.crt"))).close()  # noqa: S310


def start(limit_s: float, connected: Callable[[], bool], end_kernel: Callable[[], None]) -> None:
    """Watch on a thread; at the end delete the pod, or where that is refused end its kernel, which ends the pod."""

    def watch() -> None:
        wait_until_alone(limit_s, connected)
        sys.stderr.write(f"Nobody has been connected for {limit_s:g} s and no cell runs: this driver ends.\n")
        try:
            delete_own_pod()
        except OSError as error:
            sys.stderr.write(f"Its pod can't be deleted from here: {error}\n")
            end_kernel()

    threading.Thread(target=watch, name="lease", daemon=True).start()
