"""JupyterLab and Notebook as the panel's tests drive them: open, turn dark, look into the panel, ask axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.rings.result import CHECKOUT
from tests.support.server import JupyterServer

AXE = CHECKOUT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = "lab/api/settings/@jupyterlab/apputils-extension:themes"
PANEL = "#sparkk8s-panel"


def open_lab(page: Page, server: JupyterServer, dark: bool = False) -> None:
    """JupyterLab in an empty workspace, with its commands ready."""
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    server.request("PUT", THEMES, {"raw": f'{{"theme": "{theme}"}}'})
    page.goto(f"{server.url}lab?token={server.token}&reset")
    page.wait_for_function("window.jupyterapp?.restored")
    page.evaluate("window.jupyterapp.restored")
    page.wait_for_selector(f"body[data-jp-theme-light='{'false' if dark else 'true'}']", state="attached")
    page.wait_for_selector(".jp-Launcher")


def run_command(page: Page, command: str, **arguments: Any) -> None:
    """Run a command of the application and wait for its end."""
    page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)", [command, arguments])


def new_notebook(page: Page, kernel: str) -> None:
    """A new notebook with this kernel, in front and connected."""
    run_command(page, "notebook:create-new", kernelName=kernel)
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus == 'connected'"
    )


def open_panel(page: Page) -> Locator:
    """The panel, opened by its command."""
    run_command(page, "sparkk8s:open")
    panel = page.locator(PANEL)
    panel.wait_for(state="visible")
    return panel


def shoot(page: Page, panel: Locator, path: Path) -> None:
    """Screenshots of the panel alone and of the whole page."""
    page.mouse.move(0, 0)
    panel.screenshot(path=path.with_suffix(".png"))
    page.screenshot(path=path.with_suffix(".page.png"))


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds wrong in the panel; it must have looked at the contrast of texts."""
    page.add_script_tag(path=AXE)
    # Without a size on these two, axe takes every element for hidden and skips the contrast of all of them.
    page.add_style_tag(content="html, body { height: 100%; width: 100% }")
    report = page.evaluate(f"axe.run('{PANEL}')")
    looked_at = {rule["id"] for rule in report["passes"] + report["violations"]}
    assert "color-contrast" in looked_at, "axe skipped the contrast rule"
    return [f"{fault['id']}: {node['html']}" for fault in report["violations"] for node in fault["nodes"]]
