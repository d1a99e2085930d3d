"""The short form of the soak: each kind of end twice, several at once, at random moments."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.cluster.environment import prepared_namespace
from tests.cluster.soak import Soak, grown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A request or two of the census itself may be under way.
TASKS, FILES = 3, 4


@pytest.fixture
def soak(tmp_path: Path, image: str) -> Iterator[Soak]:
    """A soak in a namespace of its own, where everything that is left is its own."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with prepared_namespace() as namespace:
        made = Soak(tmp_path, namespace, namespace.kubeconfig(), image, seed)
        try:
            yield made
        finally:
            made.server.stop()


def test_kernels_and_servers_that_end_at_any_moment_leave_nothing(soak: Soak) -> None:
    soak.run(len(soak.kinds))
    before = soak.census()
    soak.run(len(soak.kinds))
    assert soak.leftovers() == {"kernels": [], "sessions": []}
    more = grown(before, soak.census())
    # asyncio's pool, which is bounded, gets a thread when more names are looked up at once than before.
    assert [name for name in more["threads"] if not name.startswith("asyncio_")] == [], more
    assert len(more["tasks"]) <= TASKS, more
    assert len(more["files"]) <= FILES, more
