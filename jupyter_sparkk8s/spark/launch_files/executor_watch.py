"""Tells the notebook why executors don't come or don't stay: Spark itself logs that, and makes the next one.
A Kubernetes watch over this driver's executor pods, on a thread, from the moment that pyspark is imported.
"""

from __future__ import annotations

import contextvars
import json
import os
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The JVM needs longer than this until it asks for the first executor, and the processor for itself.
_DELAY_S = 2.0
_PENDING_S = 10.0
# Kubernetes sends a bookmark each minute: a connection that is silent for longer is dead.
_SILENT_S = 180.0
_ADVICE = "Ask for fewer or smaller ones, correct the setting, or show this to your administrator."
REFUSED = 78  # executor.py's exit code when it ends with a sentence
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_CONTAINER = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
# Of the API server to Spark, in Spark's log: what refuses a pod leaves no pod that could be watched.
_FORBIDDEN = re.compile(r"Message: (pods? .*? is forbidden: .*?)(?:\. Received status|$)", re.MULTILINE)


def failure(pod: dict[str, Any]) -> str | None:
    """What an executor that ended said itself; None where it said nothing."""
    for container in pod.get("status", {}).get("containerStatuses", []):
        ended = container.get("state", {}).get("terminated")
        if ended and ended.get("exitCode") == REFUSED:
            return "Executors end at once. " + str(ended.get("message", "")).strip()
    return None


def obstacle(pod: dict[str, Any]) -> tuple[str, str] | None:
    """Why an executor does not start: the cause, by which it is told once, and the sentence."""
    status = pod.get("status", {})
    for container in status.get("containerStatuses", []):
        waiting = container.get("state", {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in _IMAGE:
            return "image", f"The executors' image can't be had ({container.get('image')}): {reason}: {message}"
        if reason in _CONTAINER:
            return reason, f"The executors' container can't be started: {reason}: {message}"
    for condition in status.get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return "unschedulable", f"No node can take an executor: {condition.get('message', '')}"
    return None


def refusal(log: str) -> str | None:
    """The last refusal of an executor's pod in Spark's log."""
    found = _FORBIDDEN.findall(log)
    return str(found[-1]).strip() if found else None


class Teller:
    """Shows a text in the cell that runs, else at the start of the next one; each cause once."""

    def __init__(self, shell: Any, settled: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._kept: list[str] = []
        self._cell: contextvars.Context | None = None
        self._settled = settled
        shell.events.register("pre_run_cell", self._on_start)
        shell.events.register("post_run_cell", self._on_end)

    def tell(self, cause: str, text: str) -> None:
        """From any thread."""
        if cause in self._told:
            return
        self._told.add(cause)
        self._settled()
        with self._lock:
            if self._cell is None:
                self._kept.append(text)
            else:
                # ipykernel knows by the context which cell the output belongs to.
                self._cell.run(_show, text)

    def _on_start(self, *_: Any) -> None:
        with self._lock:
            self._cell = contextvars.copy_context()
            kept, self._kept = self._kept, []
        for text in kept:
            _show(text)

    def _on_end(self, *_: Any) -> None:
        with self._lock:
            self._cell = None


def _show(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class ExecutorWatch:
    """Follows the pods that ``selector`` finds and the driver pod ``owner`` owns."""

    def __init__(self, tell: Callable[[str, str], None], request: Callable[..., Any], selector: str, owner: str) -> None:
        self._tell, self._request, self._selector, self._owner = tell, request, selector, owner
        self._started = False
        self._pending: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def start(self, *_: Any) -> None:
        """Begin, if that has not been."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="executor-watch", daemon=True).start()
            threading.Thread(target=self._look, name="executor-clock", daemon=True).start()

    def _run(self) -> None:
        time.sleep(_DELAY_S)
        while True:
            try:
                self._follow()
            except Exception as error:  # a cut has many names: OSError, HTTPException, half a line of JSON
                if getattr(error, "code", 0) == 403:  # a Role of the administrator's own: nothing can be told
                    return
            time.sleep(1)

    def _follow(self) -> None:
        from urllib.parse import quote

        with self._lock:
            self._pending.clear()
        path = f"pods?watch=true&allowWatchBookmarks=true&labelSelector={quote(self._selector)}"
        with self._request("GET", path, _SILENT_S) as lines:
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                if event["type"] != "BOOKMARK":
                    self._see(event["object"], gone=event["type"] == "DELETED")

    def _see(self, pod: dict[str, Any], gone: bool) -> None:
        metadata = pod["metadata"]
        if self._owner not in [owner["name"] for owner in metadata.get("ownerReferences", [])]:
            return  # the driver before a restart had these
        if text := failure(pod):
            self._tell(text, text)
        with self._lock:
            if gone or pod.get("status", {}).get("phase") != "Pending":
                self._pending.pop(metadata["name"], None)
            else:
                since = self._pending.get(metadata["name"], (time.monotonic(), pod))[0]
                self._pending[metadata["name"]] = (since, pod)

    def _look(self) -> None:
        """Now and then: who has been pending for too long, and what Spark's log says of pods that were refused."""
        log, said_at = os.environ.get("SPARKK8S_LOG", ""), 0
        while True:
            time.sleep(_PENDING_S / 4)
            with self._lock:
                late = [pod for since, pod in self._pending.values() if time.monotonic() - since >= _PENDING_S]
            for cause, text in filter(None, map(obstacle, late)):
                self._tell(cause, f"{text}\n{_ADVICE}")
            try:
                with open(log, "rb") as file:
                    file.seek(said_at)
                    text, said_at = file.read().decode(errors="replace"), file.tell()
            except OSError:
                continue
            if refused := refusal(text):
                self._tell("refused", f"Kubernetes refuses executors: {refused}\n{_ADVICE}")


def install(
    shell: Any,
    after_import: Callable[[str, Callable[..., None]], None],
    request: Callable[..., Any],
    selector: str,
    owner: str,
) -> None:
    """Watch once Spark is wanted; ``request`` asks Kubernetes as the pod's account."""

    def settled() -> None:
        """A cell that waits for the session clears what it has shown when that is there."""
        session = getattr(sys.modules.get("_sparkk8s_session"), "_session", None)
        if session is not None and not session._done.is_set():
            session._done.wait(120)
            time.sleep(0.5)

    after_import("pyspark", ExecutorWatch(Teller(shell, settled).tell, request, selector, owner).start)
