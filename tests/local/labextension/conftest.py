"""One Jupyter server with JupyterLab and one Chromium for the panel's tests, a fresh page for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import JUPYTER, artefacts_in, fresh_page, silence_news
from tests.support.browser import browser as browser
from tests.support.browser import page as page
from tests.support.server import JupyterServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with JupyterLab, Notebook 7 and our extension, in directories of its own."""
    folder = tmp_path_factory.mktemp("lab")
    silence_news(folder)
    with JupyterServer(folder, "".join(f"c.{name} = {value}\n" for name, value in JUPYTER.items())) as running:
        yield running


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots go."""
    return artefacts_in("panel")


@pytest.fixture
def browser_page_without_error_check(browser: Browser) -> Iterator[Page]:
    """As `page`, for Notebook 7, which throws exceptions of its own while it loads."""
    with fresh_page(browser) as opened:
        yield opened
