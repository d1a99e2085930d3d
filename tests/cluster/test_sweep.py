"""A server that is killed leaves its drivers; the next one of the same user deletes those, and no other's."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.environment import server_config
from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cluster.environment import Namespace


@pytest.fixture
def start(tmp_path: Path, namespace: Namespace, kubeconfig: Path, image: str) -> Iterator[Callable[..., JupyterServer]]:
    """Start a server of one and the same user: all have one data directory."""
    started: list[JupyterServer] = []

    def start_one(**traits: Any) -> JupyterServer:
        settings = {"namespace": namespace.name, "image": image, "kubeconfig": str(kubeconfig), "session": "off", **traits}
        started.append(JupyterServer(tmp_path, server_config(**settings)))
        return started[-1].__enter__()

    yield start_one
    for server in started:
        server.stop()


def start_that_waits(start: Callable[..., JupyterServer], namespace: Namespace, before: set[str]) -> tuple[JupyterServer, str]:
    """A server with a kernel in the middle of its start, for whose answer nobody waits; and the name of its pod."""
    server = start(driver_cpu="900", unschedulable_grace_s=600)

    def ask() -> None:
        with contextlib.suppress(OSError, AssertionError):  # the server ends meanwhile
            Notebook(server)

    threading.Thread(target=ask, daemon=True).start()
    (pod,) = until(lambda: names(namespace) - before, "a pod that fits on no node")
    return server, pod


def names(namespace: Namespace) -> set[str]:
    """Drivers that are not being deleted."""
    return {pod["metadata"]["name"] for pod in namespace.drivers() if "deletionTimestamp" not in pod["metadata"]}


def test_what_a_killed_server_left_is_deleted_by_the_next_one_and_nothing_else(
    start: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    before = names(namespace)
    first, starting = start_that_waits(start, namespace, before)
    second = start()
    running = Notebook(second)
    (left,) = names(namespace) - before - {starting}
    neighbour = start()  # of the same user, in the same directory, at the same time
    theirs = Notebook(neighbour)
    theirs.run("kept = 1")
    (alive,) = names(namespace) - before - {starting, left}

    first.stop(signal.SIGKILL)
    second.stop(signal.SIGKILL)
    assert names(namespace) >= {starting, left, alive}
    heir = start()
    until(lambda: not {starting, left} & names(namespace), "the orphans of both are gone")
    until(lambda: not {starting, left} & {item["metadata"]["name"] for item in namespace.secrets()}, "their Secrets as well")
    assert alive in names(namespace)
    assert theirs.run("print(kept)") == "1\n"
    running.socket.close()

    # The heir, and the server after it, leave the living alone.
    own = Notebook(heir)
    assert own.run("print(6 * 7)") == "42\n"
    again = start()
    assert own.run("print(6 * 7)") == "42\n"
    assert again.get("api/kernels") == []
    own.close()
    theirs.close()


def test_a_server_that_is_stopped_in_the_middle_of_a_start_leaves_nothing(
    start: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    before = names(namespace)
    server, _ = start_that_waits(start, namespace, before)
    server.stop()
    assert names(namespace) == before
