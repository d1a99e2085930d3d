"""A start that fails for what the image holds. What Kubernetes refuses: ``failed/``."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.notebook import Notebook
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import JupyterServer


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
