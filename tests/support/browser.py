"""A Chromium and its pages for the panel's tests of both rings, and what JupyterLab must be told so that a test can drive it.
Screenshots go to artefacts/, which git ignores.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.rings import browser as chromium
from tests.rings.result import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# JupyterLab and Notebook put their application object where a test can reach it; no news dialogue over the page.
JUPYTER = {"LabApp.expose_app_in_browser": True, "JupyterNotebookApp.expose_app_in_browser": True}
_NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def silence_news(folder: Path) -> None:
    """For the server whose directories will be in ``folder``."""
    overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(json.dumps(_NO_NEWS))


def artefacts_in(name: str) -> Path:
    """Where the screenshots of one file of tests go."""
    folder = CHECKOUT / "artefacts" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page with nothing of the others' in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@contextmanager
def faultless_page(browser: Browser, where: str = "") -> Iterator[Page]:
    """A fresh page; an exception in it fails the test, if its stack holds ``where``."""
    errors: list[str] = []
    with fresh_page(browser) as opened:
        opened.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
        yield opened
    found = [error for error in errors if where in error]
    assert not found, found


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Chromium of this machine."""
    path = chromium.find()
    assert path, "no Chromium: run through `make test-local` or `make test-cluster`, which install it or leave these tests out"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file. Not for the session: its event loop runs on this thread, and asyncio tests need none."""
    with started_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; an exception in it fails the test."""
    with faultless_page(browser) as opened:
        yield opened
