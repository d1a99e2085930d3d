"""What jupyter_server does not note of a new kernel in time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import TraitError

from jupyter_sparkk8s.provisioner.pending import note_activity


def test_a_kernel_has_a_last_activity_as_soon_as_it_is_in_the_list() -> None:
    manager: Any = ServerKernelManager()
    with pytest.raises(TraitError):
        _ = manager.last_activity  # what a request for the list of kernels would meet
    provisioner: Any = SimpleNamespace(parent=manager)
    note_activity(provisioner)
    assert manager.last_activity.tzinfo is not None


def test_a_client_without_a_server_keeps_none() -> None:
    provisioner: Any = SimpleNamespace(parent=AsyncKernelManager())
    note_activity(provisioner)
    assert not hasattr(provisioner.parent, "last_activity")
