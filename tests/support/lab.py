"""JupyterLab and Notebook as the panel's tests drive them: open, run cells, turn dark, look into the panel and the Spark UI,
ask axe.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.rings.result import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from re import Pattern

    from playwright.sync_api import Frame, Locator, Page, Response

    from tests.support.server import JupyterServer

AXE = CHECKOUT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = "lab/api/settings/@jupyterlab/apputils-extension:themes"
PANEL = "#sparkk8s-panel"


_SHELL = "window.jupyterapp.shell"


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


def dismiss_dialogs(page: Page) -> None:
    """Say no to each of JupyterLab's questions; one may come after the other."""
    while page.locator(".jp-Dialog").count():
        page.locator(".jp-Dialog .jp-Dialog-footer button").first.click()
        page.wait_for_timeout(500)


def close_notebooks(page: Page) -> None:
    """End the kernels of all notebooks, where they have one, and close them without asking."""
    page.evaluate(
        f"""async () => {{
            for (const widget of [...{_SHELL}.widgets('main')].filter(widget => widget.sessionContext)) {{
                await widget.sessionContext.shutdown();
                widget.dispose();
            }}
        }}"""
    )


def run_cell(page: Page, code: str) -> None:
    """Run a new cell at the end of the notebook in front, and don't wait for its end."""
    page.evaluate(
        f"""code => {{
            const {{ content, sessionContext }} = {_SHELL}.currentWidget;
            content.activeCellIndex = content.widgets.length - 1;
            const app = window.jupyterapp;
            return app.commands.execute('notebook:insert-cell-below').then(() => {{
                content.activeCell.model.sharedModel.setSource(code);
                void app.commands.execute('notebook:run-cell');
            }});
        }}""",
        code,
    )


def last_output(page: Page) -> Locator:
    """What the last cell of the notebook in front has shown."""
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").last.locator(".jp-OutputArea")


def turn(page: Page, *, dark: bool, contrast: bool = False) -> None:
    """Change the theme of the page that is open; the one of high contrast is dark."""
    name = "JupyterLab Dark High Contrast" if contrast else "JupyterLab Dark" if dark else "JupyterLab Light"
    run_command(page, "apputils:change-theme", theme=name)
    page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")
    # Until it has faded, the splash takes the mouse and dims the pictures.
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def widen(page: Page, panel: Locator, width: int) -> None:
    """Drag the edge of the sidebar at the right until the panel is so wide, in pixels."""
    box = panel.bounding_box()
    assert box is not None
    x, y = box["x"] - 1, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] - width, y, steps=5)
    page.mouse.up()
    page.wait_for_function("([id, width]) => Math.abs(document.querySelector(id).clientWidth - width) < 8", arg=[PANEL, width])


@contextmanager
def faults_of(window: Page) -> Iterator[list[str]]:
    """What goes wrong in a window meanwhile: requests that fail, exceptions, errors in its console."""
    found: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400:
            found.append(f"{response.status} {response.url}")

    listeners: dict[Any, Callable[[Any], None]] = {
        "response": answered,
        "requestfailed": lambda request: found.append(f"{request.failure} {request.url}"),
        "pageerror": lambda error: found.append(f"exception {error}"),
        "console": lambda message: found.append(f"console: {message.text}") if message.type == "error" else None,
    }
    for event, listener in listeners.items():
        window.on(event, listener)
    try:
        yield found
    finally:
        for event, listener in listeners.items():
            window.remove_listener(event, listener)


def click_through(ui: Page | Frame, tabs: Mapping[str, str | Pattern[str]]) -> None:
    """Click the links of these names in the Spark UI, one after the other, and wait for the text that stands beside each."""
    for tab, text in tabs.items():
        ui.get_by_role("link", name=tab, exact=True).first.click()
        ui.get_by_text(text).first.wait_for(timeout=60_000)
        ui.wait_for_load_state("networkidle")


def ui_faults(page: Page, url: str, tabs: Mapping[str, str | Pattern[str]]) -> list[str]:
    """What goes wrong while ``tabs`` of the Spark UI at ``url`` are clicked through in a new window of the page's browser."""
    window = page.context.new_page()
    try:
        with faults_of(window) as found:
            window.goto(url)
            click_through(window, tabs)
    finally:
        window.close()
    return found


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


def look_at(page: Page, panel: Locator, path: Path) -> None:
    """Take the panel's picture, and let axe see it."""
    shoot(page, panel, path)
    assert accessibility_faults(page) == [], path.name


# What lies on the panel's middle, from the top, and any dialogue.
ABOVE = """selector => {
    const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
    const found = document.elementsFromPoint(left + width / 2, top + height / 2).slice(0, 6);
    return [...found, ...document.querySelectorAll('dialog')].map(node => node.outerHTML.slice(0, 200));
}"""


@contextmanager
def without_dialogs(page: Page) -> Iterator[None]:
    """JupyterLab opens dialogs of its own at any moment where its server is away; they would stand before what is looked at."""
    hidden = page.add_style_tag(content=".jp-Dialog { display: none !important }")
    yield
    hidden.evaluate("style => style.remove()")


def is_left(sent: str) -> bool:
    """Whether what is sent to a server is a layout with the panel at the left."""
    layout = json.loads(sent or "{}").get("data", {}).get("layout-restorer:data", {})
    return PANEL[1:] in json.dumps(layout.get("left", {}))


def button(page: Page) -> Locator:
    """The bolt in the toolbar of the notebook in front."""
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-SparkButton")


def section(panel: Locator, name: str) -> Locator:
    """One of the panel's sections, by its head."""
    return panel.get_by_role("region", name=name, exact=True)


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds wrong in the panel; it must have looked at the contrast of texts."""
    page.add_script_tag(path=AXE)
    # Without a size on these two, axe takes every element for hidden and skips the contrast of all of them.
    page.add_style_tag(content="html, body { height: 100%; width: 100% }")
    report = page.evaluate(f"axe.run('{PANEL}')")
    looked_at = {rule["id"] for rule in report["passes"] + report["violations"]}
    assert "color-contrast" in looked_at, f"axe skipped the contrast rule; above the panel stand {page.evaluate(ABOVE, PANEL)}"
    return [f"{fault['id']}: {node['html']}" for fault in report["violations"] for node in fault["nodes"]]
