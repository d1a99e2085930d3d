"""The built panel in a real JupyterLab and Notebook 7: found, read, used by keyboard, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.lab import PANEL, accessibility_faults, button, new_notebook, open_lab, open_panel, shoot
from tests.support.server import JupyterServer



@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_without_a_notebook_it_offers_the_kernels(page: Page, server: JupyterServer, artefacts: Path, dark: bool) -> None:
    open_lab(page, server, dark)
    panel = open_panel(page)
    expect(panel.get_by_role("heading", name="No notebook in front")).to_be_visible()
    expect(panel.locator(".jp-SparkPanel-nothing").get_by_role("button")).to_have_text(["Spark on K8s", "Spark (this machine)"])
    shoot(page, panel, artefacts / f"nothing-{'dark' if dark else 'light'}")
    assert accessibility_faults(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_with_another_kernel_it_names_it_and_the_way_out(
    page: Page, server: JupyterServer, artefacts: Path, dark: bool
) -> None:
    open_lab(page, server, dark)
    new_notebook(page, "python3")
    panel = open_panel(page)
    expect(panel).to_contain_text("runs Python 3 (ipykernel). Choose the kernel “Spark on K8s” or “Spark (this machine)”")
    expect(button(page)).to_be_hidden()
    shoot(page, panel, artefacts / f"other-kernel-{'dark' if dark else 'light'}")
    assert accessibility_faults(page) == []
    panel.get_by_role("button", name="Change kernel…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Select Kernel")
    assert {"Spark on K8s", "Spark (this machine)"} <= {text.strip() for text in dialog.locator("option").all_inner_texts()}
    dialog.locator("select").select_option(label="No Kernel")
    dialog.get_by_role("button", name="Select").click()
    expect(panel).to_contain_text("has no kernel. Choose")


def test_by_keyboard_alone(page: Page, server: JupyterServer) -> None:
    open_lab(page, server)
    page.keyboard.press("Control+Shift+C")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()
    page.keyboard.type("Open the Spark Panel")
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text("Open the Spark Panel")
    page.keyboard.press("Enter")
    expect(page.locator(PANEL)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(PANEL).get_by_role("button", name="Settings of this panel")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(PANEL).get_by_role("button", name="Spark on K8s")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-NotebookPanel")).to_be_visible()


def test_it_has_a_tab_and_a_name(page: Page, server: JupyterServer) -> None:
    open_lab(page, server)
    page.get_by_role("tab", name="Spark", exact=True).click()
    expect(page.get_by_role("region", name="Spark", exact=True)).to_be_visible()


def test_in_notebook_7(browser_page_without_error_check: Page, server: JupyterServer, artefacts: Path) -> None:
    page = browser_page_without_error_check
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    content = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    server.request("PUT", "api/contents/plain.ipynb", {"type": "notebook", "content": content})
    page.goto(f"{server.url}notebooks/plain.ipynb?token={server.token}")
    page.wait_for_function("window.jupyterapp?.restored")
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel")
    panel = open_panel(page)
    expect(panel).to_contain_text("runs Python 3 (ipykernel). Choose the kernel “Spark on K8s”")
    shoot(page, panel, artefacts / "notebook-7-light")
    # Jupyter ends badly where a page leaves in the middle of its kernel's start.
    page.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")
