"""One per server: the kernels' collectors, which live while a feed is open, and the newest view of each kernel for all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from ..tasks import Tasks, within
from .collector import Collector

if TYPE_CHECKING:
    from ..models.driver import JsonObject
    from ..provisioner.lives import Lives


class Viewer:
    """One open feed: what its client looks at. ``changed`` is set whenever there is something new for it."""

    def __init__(self) -> None:
        self.watched: str | None = None
        self.visible = True
        self.changed = asyncio.Event()


class Monitor:
    """``kernels`` are the newest views by kernel id; neither it nor what is in it is ever changed, only replaced."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._viewers: set[Viewer] = set()
        self._collectors: dict[str, Collector] = {}
        self._tasks = Tasks("monitor")
        self.kernels: JsonObject = {}

    def join(self) -> Viewer:
        """A feed has been opened."""
        viewer = Viewer()
        self._viewers.add(viewer)
        self._lives.listeners.add(self._on_change)
        self._on_change()
        return viewer

    async def first_views(self, within_s: float) -> None:
        """Return when all kernels have been looked at; of those that take longer, what is known is told."""

        async def all_known() -> None:
            await asyncio.gather(*(each.known.wait() for each in self._collectors.values()))

        with suppress(asyncio.TimeoutError):
            await within(all_known(), within_s)
        for collector in self._collectors.values():
            if not collector.known.is_set():
                collector.tell()

    def look(self, viewer: Viewer, *, watched: str | None, visible: bool) -> None:
        """A client looks at something else."""
        viewer.watched, viewer.visible = watched, visible
        self._set_depths()

    def leave(self, viewer: Viewer) -> None:
        """A feed has been closed; with the last one all asking ends."""
        self._viewers.discard(viewer)
        if not self._viewers:
            self._lives.listeners.discard(self._on_change)
            for kernel_id in list(self._collectors):
                self._drop(kernel_id)
            self.kernels = {}
        self._set_depths()

    def dismiss(self, kernel_id: str) -> None:
        """The reason of a death has been read."""
        life = self._lives.get(kernel_id)
        if life is None:
            return
        has_ended = life.start.get("phase") == "failed" or (life.driver is not None and life.driver.poll() is not None)
        life.death = None
        if has_ended:
            self._lives.forget(kernel_id)
        else:
            self._lives.tell()

    def _on_change(self) -> None:
        """A kernel has come or gone, or has something to tell."""
        known = {kernel_id: life for kernel_id, life in self._lives if life.start.get("phase", "cancelled") != "cancelled"}
        for kernel_id in set(self._collectors) - set(known):
            self._drop(kernel_id)
        for kernel_id, life in known.items():
            if kernel_id in self._collectors:
                self._collectors[kernel_id].changed()
            else:
                self._collectors[kernel_id] = Collector(kernel_id, life, self._publish)
        self._set_depths()

    def _set_depths(self) -> None:
        seen = {viewer.watched for viewer in self._viewers if viewer.visible}
        for kernel_id, collector in self._collectors.items():
            collector.look(full=kernel_id in seen)

    def _drop(self, kernel_id: str) -> None:
        dropped = self._collectors.pop(kernel_id)
        dropped.stop()
        self._tasks.start(dropped.close(), "close")
        self.kernels = {name: view for name, view in self.kernels.items() if name != kernel_id}
        self._changed()

    def _publish(self, kernel_id: str, view: JsonObject) -> None:
        if kernel_id in self._collectors and self.kernels.get(kernel_id) != view:
            self.kernels = {**self.kernels, kernel_id: view}
            self._changed()

    def _changed(self) -> None:
        for viewer in self._viewers:
            viewer.changed.set()

    async def close(self) -> None:
        """The server ends; its kernels do so after this."""
        self._lives.listeners.discard(self._on_change)
        for kernel_id in list(self._collectors):
            self._drop(kernel_id)
        await self._tasks.settle()
        await self._tasks.close()
