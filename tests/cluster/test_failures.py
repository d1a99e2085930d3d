"""Starts that fail beside others, or for what the image holds. The kinds of failure are in ``test_failed_starts``."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.failed_starts import kernel
from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.environment import Namespace


def test_a_failed_start_beside_a_live_kernel_leaves_a_server_that_stops(
    start_server: Callable[..., JupyterServer], namespace: Namespace
) -> None:
    """The failed id used to stay in the server's list of pending kernels, and the server never exited."""
    profiles = [{"name": "broken", "image": "localhost/no-such-image:1", "image_pull_policy": "Never"}]
    server = start_server(session="off", profiles=profiles)
    kernel(server, "broken")
    notebook = Notebook(server)
    with pytest.raises(HttpError) as caught:
        Notebook(server, kernel="broken")
    assert "ErrImageNeverPull" in caught.value.body["message"]
    assert notebook.run("print('lives')") == "lives\n"
    notebook.socket.close()
    assert server.stop() < 2  # 0.7 s on an idle machine, with the live kernel's own end
    until(lambda: not namespace.drivers(notebook.kernel_id), "the pod is gone", 10)


def test_an_ipykernel_too_old_for_encryption_is_told_not_waited_for(
    start_server: Callable[..., JupyterServer], shares: dict[str, Path], volumes: list[dict[str, Any]]
) -> None:
    folder = shares["/results"] / "old-ipykernel"
    if not folder.exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*install, "ipykernel==6.29.5"], check=True)
    server = start_server(volumes=volumes, env={"PYTHONPATH": "/results/old-ipykernel"}, session="off")
    begun = time.monotonic()
    with pytest.raises(HttpError) as caught:
        Notebook(server)
    assert time.monotonic() - begun < 30
    assert "ipykernel is too old for encrypted connections" in caught.value.body["message"]
    assert "transport_encryption" in caught.value.body["message"]
    server.stop()
