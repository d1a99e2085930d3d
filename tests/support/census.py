"""A Jupyter server extension for tests: what lives in the server process now. Loaded by a server that is to be counted."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

ENABLE = 'c.ServerApp.jpserver_extensions = {"jupyter_sparkk8s": True, "tests.support.census": True}\n'


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.support.census"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    app.web_app.add_handlers(".*$", [(app.base_url + "census", CensusHandler)])  # type: ignore[no-untyped-call]


class CensusHandler(APIHandler):
    """GET: names of asyncio tasks and threads, targets of open file descriptors, resident memory in bytes."""

    @web.authenticated
    def get(self) -> None:
        """See above."""
        gc.collect()
        links = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # the folder's own
                links.append(str(descriptor.readlink()).split(":")[0])
        self.finish(
            {
                "tasks": sorted(task.get_name() for task in asyncio.all_tasks()),
                "threads": sorted(thread.name for thread in threading.enumerate()),
                "files": sorted(links),
                "rss": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
            }
        )
