"""Runs the demo's notebook without a browser, through a real server and the notebook's own kernel, and prints its result."""

from __future__ import annotations

import asyncio
import base64
import re
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import output_from_msg

from .client import Execution, JupyterClient, ServerError
from .server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CELL_TIMEOUT_S = 600
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellFailed(Exception):
    """A cell raised; the text is the notebook's traceback."""


def say(text: str) -> None:
    """Progress, apart from the result."""
    print(text, file=sys.stderr, flush=True)


async def show(notebook: Path, arguments: Sequence[str] = ()) -> int:
    """Run ``notebook``, print its result, and return the exit code: 0, or 1 with the error printed."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    started = time.monotonic()
    try:
        async with JupyterServer(notebook.parent, arguments) as server:
            say(f"A Jupyter server serves {notebook.parent} ({time.monotonic() - started:.1f} s)")
            images = await run(server.client, notebook, notebook.name, started)
    except CellFailed as error:
        say(f"The notebook failed:\n{error}")
    except (ServerError, OSError, asyncio.TimeoutError, asyncio.CancelledError) as error:
        say(f"The notebook could not be run: {str(error) or type(error).__name__}")
    else:
        if images:
            print(f"The plot is in {images[-1]}")
            say(f"Done in {time.monotonic() - started:.1f} s")
            return 0
        say("The notebook ran, but drew no plot.")
    return 1


async def run(client: JupyterClient, notebook: Path, path: str, started: float) -> list[Path]:
    """Run all cells of ``notebook``, the server's ``path``, in its own kernel, print their text and save the outputs; the
    files of its pictures.
    """
    document = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    session = await client.start_session(path, document.metadata.kernelspec.name)
    channels = await client.channels(session["kernel"]["id"])
    images: list[Path] = []
    try:
        await channels.ask("shell", "kernel_info_request", timeout_s=CELL_TIMEOUT_S)
        say(f"The kernel {session['kernel']['name']} answers ({time.monotonic() - started:.1f} s)")
        for cell in document.cells:
            if cell.cell_type == "code":
                result = await channels.execute(cell.source, CELL_TIMEOUT_S)
                cell.outputs = outputs(result)
                images += report(result, notebook, len(images))
                say(f"  {cell.source.strip().splitlines()[0][:60]} … ({time.monotonic() - started:.1f} s)")
    finally:
        channels.close()
        nbformat.write(document, notebook)  # type: ignore[no-untyped-call]
        await client.request("DELETE", f"api/sessions/{session['id']}")
    return images


def outputs(result: Execution) -> list[Any]:
    """A cell's outputs as a notebook keeps them."""
    kept = [m for m in result.messages if m["msg_type"] in ("stream", "display_data", "execute_result", "error")]
    return [output_from_msg(message) for message in kept]  # type: ignore[no-untyped-call]


def report(result: Execution, notebook: Path, count: int) -> list[Path]:
    """Print a cell's text and save its pictures beside the notebook; their paths. Raises CellFailed."""
    if result.reply["status"] != "ok":
        raise CellFailed(_COLOURS.sub("", "\n".join(result.reply.get("traceback", [])) or str(result.reply)))
    print(result.text(), end="", flush=True)
    files = []
    for number, data in enumerate(result.data("image/png"), start=count + 1):
        path = notebook.with_name(f"{notebook.stem}-{number}.png")
        path.write_bytes(base64.b64decode(data))
        files.append(path)
    return files
