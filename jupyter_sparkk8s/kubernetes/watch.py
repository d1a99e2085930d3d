"""One watch over a kind of object in one namespace, shared by all who ask, and open only while somebody does.
Leaves out what the objects mean. Resumes where it was cut; after a gap too large for that it lists once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..errors import ApiError, ApiUnreachable
from ..models.driver import JsonObject
from ..tasks import Tasks
from .causes import refusal

if TYPE_CHECKING:
    from .client import Cluster

Listener = Callable[[JsonObject | None], None]
_log = logging.getLogger(__name__)

# The server ends a watch by itself after this; bookmarks come each minute, so a longer silence is a dead stream.
_WATCH_S: Final = 300
_SILENCE_S: Final = 100.0
_BACK_OFF_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
_GOOD_STREAM_S: Final = 1.0
# One that fails is tried again without a word; from the second in a row on something is wrong.
_TOLD_AT: Final = 2


class Watch:
    """Watches ``plural`` in ``namespace``. ``key`` tells for an object under which name its listeners wait."""

    def __init__(
        self, cluster: Cluster, namespace: str, plural: str, query: dict[str, str], key: Callable[[JsonObject], str]
    ) -> None:
        self._cluster, self._path = cluster, f"/api/v1/namespaces/{namespace}/{plural}"
        self._query, self._key = list(query.items()), key
        self._listeners: dict[str, list[Listener]] = {}
        self._tasks: Tasks | None = None
        self._version, self._gap = "", False
        self.refusal: ApiError | None = None
        self.troubled_at = float("-inf")
        """When the API server was last found to be away, in the loop's time."""
        self.trouble = ""
        """Why nothing is heard now, in words."""

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._tasks is not None

    async def subscribe(self, name: str, listener: Listener, *, from_start: bool = False) -> None:
        """Call ``listener`` with each state of the objects under ``name``, and with None when one is gone.

        ``from_start``: with those too that an open watch has told already; other listeners get them again.
        """
        self._listeners.setdefault(name, []).append(listener)
        if from_start and self._tasks is not None:
            tasks, self._tasks = self._tasks, None
            await tasks.close()
        if self._tasks is None:
            self._tasks, self._version, self._gap = Tasks(f"watch {self._path}"), "", False
            self._begin()
            self._tasks.start(self._run(), "stream")

    async def unsubscribe(self, name: str, listener: Listener) -> None:
        """Stop calling ``listener``; the last one to go closes the watch."""
        listeners = self._listeners.get(name, [])
        if listener in listeners:
            listeners.remove(listener)
        if not listeners:
            self._listeners.pop(name, None)
        if not self._listeners and self._tasks is not None:
            tasks, self._tasks = self._tasks, None
            await tasks.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            begun = loop.time()
            try:
                if self._gap:
                    await self._list_again()
                await self._stream()
                failures = 0
                continue
            except ApiError as error:
                if error.status == 410:
                    self._gap = True
                    continue
                self.refusal = error if error.status in (401, 403) else None
                self._gap = self._gap or error.status >= 500  # it may be our version that it can't serve
                why = f"was refused: {error}"
            except ApiUnreachable as error:
                why = f"was cut and will be resumed: {error}"
            if loop.time() - begun >= _GOOD_STREAM_S:
                failures = 0  # a proxy's idle limit, most likely: nothing to tell anybody
            failures += 1
            if failures >= _TOLD_AT:
                self.troubled_at, self.trouble = loop.time(), why
            _log.log(logging.WARNING if failures == _TOLD_AT else logging.DEBUG, "The watch of %s %s", self._path, why)
            pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1]
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - servers must not return in step

    async def _stream(self) -> None:
        """One watch request. Without a version it begins with the objects that exist, as ADDED events."""
        query = [*self._query, ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(_WATCH_S))]
        if self._version:
            query.append(("resourceVersion", self._version))
        async for event in self._cluster.stream(self._path, query, _SILENCE_S):
            item = event.get("object", {})
            if event.get("type") == "ERROR":
                raise refusal(int(item.get("code", 0)), item)
            self._version, self.refusal, self.trouble = item["metadata"]["resourceVersion"], None, ""
            if event["type"] != "BOOKMARK":
                self._see(item, gone=event["type"] == "DELETED")

    async def _list_again(self) -> None:
        """What happened in a gap is lost: tell each listener what is, and that is also who is gone."""
        answer = await self._cluster.request("GET", self._path, query=self._query)
        self._see_all(answer.get("items", []))
        self._version, self._gap, self.trouble = answer["metadata"]["resourceVersion"], False, ""

    def _begin(self) -> None:
        """What there is will be told from the start."""

    def _see(self, item: JsonObject, *, gone: bool) -> None:
        """One object has changed."""
        self._tell(self._key(item), None if gone else item)

    def _see_all(self, items: list[JsonObject]) -> None:
        """These are all that there are."""
        found = {self._key(item): item for item in items}
        for name in list(self._listeners):
            self._tell(name, found.get(name))

    def _tell(self, name: str, item: JsonObject | None) -> None:
        for listener in list(self._listeners.get(name, [])):
            listener(item)


class GroupWatch(Watch):
    """A watch whose ``key`` many objects share: listeners are told all that have theirs, by the objects' names."""

    def _begin(self) -> None:
        self._groups: dict[str, dict[str, JsonObject]] = {}

    async def subscribe(self, name: str, listener: Listener, *, from_start: bool = False) -> None:
        """See Watch. What an open watch knows is told at once."""
        known = self._groups.get(name) if self.is_open else None
        await super().subscribe(name, listener)
        if known is not None:
            listener(dict(known))

    def _see(self, item: JsonObject, *, gone: bool) -> None:
        group = self._groups.setdefault(self._key(item), {})
        if gone:
            group.pop(item["metadata"]["name"], None)
        else:
            group[item["metadata"]["name"]] = item
        self._tell(self._key(item), dict(group))

    def _see_all(self, items: list[JsonObject]) -> None:
        self._groups = {}
        for item in items:
            self._groups.setdefault(self._key(item), {})[item["metadata"]["name"]] = item
        for name in list(self._listeners):
            self._tell(name, dict(self._groups.get(name, {})))
