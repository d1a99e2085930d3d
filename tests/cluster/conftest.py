"""Fixtures of the cluster ring: one prepared namespace, servers outside of the cluster, notebooks, and a CephFS share.

Everything that the servers do, they do under the printed rights.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.catalogue.make import make
from tests.cluster.environment import Namespace, prepared_namespace, started_servers
from tests.cluster.rig.claims import make_claim
from tests.cluster.rig.cluster import of_kubeconfig
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Files that take minutes run first, so that no process is left with one of them at the end, when the others have none.
LONG = (
    "test_allocation.py", "test_session.py", "test_inside.py", "test_astronomy.py", "test_executor_watch.py", "test_images.py",
    "test_panel.py", "test_failed_waits.py", "test_contexts.py", "test_clients.py", "test_interrupts.py", "test_doctests.py",
)  # fmt: skip
STARS, WORK, CLOSED = "/stars", "/results", "/closed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def image() -> str:
    """The reference image."""
    return os.environ["SPARKK8S_TEST_IMAGE"]


@pytest.fixture(scope="session")
def cluster() -> dict[str, Any]:
    """What ``make cluster`` tells of the cluster. Tests that need it don't run on another one."""
    path = Path(os.environ["KUBECONFIG"]).with_name("cluster.json")
    if not path.exists():
        pytest.skip("needs the cluster of `make cluster`: its audit log or its CephFS")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """A namespace that enforces ``restricted``, with the printed rights; deleted at the end."""
    with prepared_namespace() as made:
        yield made


@pytest.fixture(scope="session")
def kubeconfig(namespace: Namespace) -> Path:
    """The login of a Jupyter server."""
    return namespace.kubeconfig()


@pytest.fixture(scope="session")
def shares(cluster: dict[str, Any], namespace: Namespace) -> dict[str, Path]:
    """Three CephFS claims by where pods see them: read-only for all, writable by group 4500, and root's own."""
    found = of_kubeconfig(Path(cluster["kubeconfig"]))
    assert found is not None
    rig, api = found
    return {
        STARS: make_claim(rig, api, namespace.name, "stars", subfolder="stars").folder,
        WORK: make_claim(rig, api, namespace.name, "results", owner=(0, 4500), mode=0o2775).folder,
        CLOSED: make_claim(rig, api, namespace.name, "closed").folder,
    }


@pytest.fixture(scope="session")
def stars_folder(shares: dict[str, Path]) -> Path:
    """The catalogue, as this machine sees it; made once and kept as long as the cluster."""
    make(shares[STARS])
    return shares[STARS]


@pytest.fixture(scope="session")
def stars(stars_folder: Path) -> str:
    """Where the pods of ``notebook`` see the catalogue."""
    return STARS


@pytest.fixture(scope="session")
def volumes(shares: dict[str, Path]) -> list[dict[str, Any]]:
    """The shares as an administrator writes them."""
    return [
        {
            "name": path.strip("/"),
            "mountPath": path,
            "persistentVolumeClaim": {"claimName": path.strip("/")},
            **({"readOnly": True} if path == STARS else {}),
        }
        for path in shares
    ]


@pytest.fixture(scope="session")
def start_server(
    tmp_path_factory: pytest.TempPathFactory, namespace: Namespace, kubeconfig: Path, image: str
) -> Iterator[Callable[..., JupyterServer]]:
    """``environment.started_servers``, until the session's end."""
    with started_servers(tmp_path_factory.mktemp, namespace=namespace.name, image=image, kubeconfig=str(kubeconfig)) as start:
        yield start


@pytest.fixture(scope="session")
def server(start_server: Callable[..., JupyterServer]) -> JupyterServer:
    """A server that reaches pods through the API server; its kernels make no Spark session."""
    return start_server(access="port-forward", session="off")


@pytest.fixture(scope="session")
def notebook(start_server: Callable[..., JupyterServer], volumes: list[dict[str, Any]]) -> Iterator[Notebook]:
    """A notebook with Spark and the shares, for tests that leave its kernel alive."""
    spark_server = start_server(access="port-forward", volumes=volumes, supplemental_groups=[4500])
    opened = Notebook(spark_server)
    yield opened
    opened.close()


@pytest.fixture
def plain(server: JupyterServer) -> Iterator[Notebook]:
    """A fresh kernel without Spark."""
    opened = Notebook(server)
    yield opened
    opened.close()
