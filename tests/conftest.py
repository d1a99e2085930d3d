"""Rings of tests: each test is marked by its directory and by whether it needs a browser, and a pure test that takes more than
two seconds fails. A module that is slow to import is left out, here and in all that tests start.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PURE_TEST_LIMIT_S = 2.0  # of processor time, which a busy machine makes longer, too
LEFT_OUT = str(HERE / "support" / "left_out")
sys.path.insert(0, LEFT_OUT)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [LEFT_OUT, os.environ.get("PYTHONPATH")]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(HERE).parts[0])
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    begin = time.process_time()  # not the clock: other programs may be busy
    yield
    took_s = time.process_time() - begin
    if item.get_closest_marker("pure") and took_s > PURE_TEST_LIMIT_S:
        pytest.fail(f"a pure test took {took_s:.1f} s (limit {PURE_TEST_LIMIT_S} s): make it faster or move it to another ring")
