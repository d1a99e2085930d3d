"""Tests that count what a namespace holds: theirs is a module's own, where no other test leaves a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.environment import Namespace, prepared_namespace, started_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import JupyterServer


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """The module's own."""
    with prepared_namespace() as made:
        yield made


@pytest.fixture(scope="module")
def kubeconfig(namespace: Namespace) -> Path:
    """The login of a Jupyter server."""
    return namespace.kubeconfig()


@pytest.fixture(scope="module")
def start_server(
    tmp_path_factory: pytest.TempPathFactory, namespace: Namespace, kubeconfig: Path, image: str
) -> Iterator[Callable[..., JupyterServer]]:
    """Servers of the module."""
    with started_servers(tmp_path_factory.mktemp, namespace=namespace.name, image=image, kubeconfig=str(kubeconfig)) as start:
        yield start
