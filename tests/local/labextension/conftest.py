"""One Jupyter server and one Chromium for the panel's tests, a fresh page for each; screenshots go to artefacts/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.rings import browser as chromium
from tests.rings.result import CHECKOUT
from tests.support.server import JupyterServer

# JupyterLab and Notebook put their application object where a test can reach it; no news dialogue over the page.
CONFIG = """
c.LabApp.expose_app_in_browser = True
c.JupyterNotebookApp.expose_app_in_browser = True
"""
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with JupyterLab, Notebook 7 and our extension, in directories of its own."""
    folder = tmp_path_factory.mktemp("lab")
    overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(NO_NEWS))
    with JupyterServer(folder, CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of this machine. Not for the session: its event loop runs on this thread, and asyncio tests need none."""
    path = chromium.find()
    assert path, "no Chromium: run through `make test-local`, which installs it or leaves these tests out"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; an exception in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots go; git ignores it."""
    folder = CHECKOUT / "artefacts" / "panel"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def browser_page_without_error_check(browser: Browser) -> Iterator[Page]:
    """As `page`, for Notebook 7, which throws exceptions of its own while it loads."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
