"""Tells the notebook why executors don't come or don't stay: Spark itself logs that, and makes the next one.
A Kubernetes watch over this driver's executor pods, on a thread, from the moment that pyspark is imported.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The JVM needs longer than this until it asks for the first executor, and the processor for itself.
_DELAY_S = 2.0
_PENDING_S = 10.0
_CREATING_S = 60.0  # a large image takes that
# Kubernetes sends a bookmark each minute: a connection that is silent for longer is dead.
_SILENT_S = 180.0
# Executors that end do so now and then, each time that a task asks for too much: that is not told each time.
_ENDED_S = 600.0
_SIZE = "Ask for fewer or smaller ones, correct the setting, or show this to your administrator."
_OTHER = "Correct the setting, or show this to your administrator."
_RIGHT = "The driver may not do this: show it to your administrator, for whom `jupyter sparkk8s rbac` prints the rights."
# Of Kubernetes' words: what fewer or smaller executors help against, and a right that is missing.
_TOO_MUCH = re.compile(r"No node can take|quota|(?:maximum|minimum) \S+ usage|low on resource|Evicted")
_MAY_NOT = re.compile(r" cannot [a-z]+ resource ")
_MORE = "Use more and smaller partitions, or larger executors:"
_MEMORY = f"{_MORE} spark.executor.memoryOverhead for Python, c.SparkK8s.executor_memory for the whole pod."
_HEAP = f"{_MORE} spark.executor.memory for the JVM, c.SparkK8s.executor_memory for the whole pod."
HEAP_FULL = 52  # Spark's exit code for java.lang.OutOfMemoryError
REFUSED = 78  # executor.py's exit code when it ends with a sentence
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_CONTAINER = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
# Of the API server to Spark, in Spark's log: what refuses a pod leaves no pod that could be watched.
# Without the right to it Spark is refused already when it looks which pods there are.
_REFUSED = re.compile(
    r"(?:POST at: \S+/pods\. Message: |GET at: \S+/pods\?\S* Message: (?=pods is forbidden))(.+?)\.?(?: Received status|$)",
    re.MULTILINE,
)
# What is another word for each pod: the names of executors, and what a quota has counted so far.
_VARYING = re.compile(r'"[^"]*-exec-\d+"|used: [^,]*(, [a-z.]+=[^,]*)*')


def failure(pod: dict[str, Any]) -> tuple[str, str] | None:
    """Why an executor has ended that nobody has asked to: the cause, by which it is told once, and the sentence."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod.get("metadata", {}):
        return None  # Spark lets it go
    if status.get("phase") == "Failed" and status.get("reason"):
        text = f"Kubernetes has ended an executor: {status['reason']}: {status.get('message', '')}".rstrip(": ")
        return str(status["reason"]), f"{text}\n{advice(text)}"
    for container in _containers(pod):
        ended = container.get("state", {}).get("terminated")
        if ended and ended.get("exitCode") == REFUSED:
            text = "Executors end at once. " + str(ended.get("message", "")).strip()
            return text, text
        if ended and ended.get("reason") == "OOMKilled" and ended.get("exitCode") == 137:  # not a Python of a task alone
            return "memory", f"An executor was ended: it used more memory than its pod has. {_MEMORY}"
        if ended and ended.get("exitCode") == HEAP_FULL:
            return "heap", f"An executor ended: its JVM had no memory left. {_HEAP}"
    return None


def obstacle(pod: dict[str, Any]) -> tuple[str, str] | None:
    """Why an executor does not start: the cause, by which it is told once, and the sentence."""
    status = pod.get("status", {})
    for container in _containers(pod):
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


def advice(text: str) -> str:
    """What to do about what Kubernetes says."""
    if _MAY_NOT.search(text):
        return _RIGHT
    return _SIZE if _TOO_MUCH.search(text) else _OTHER


def delay(pod: dict[str, Any]) -> tuple[str, str] | None:
    """What keeps an executor from starting for long: only the driver's administrator may read what Kubernetes says of it."""
    for container in _containers(pod):
        if (container.get("state", {}).get("waiting") or {}).get("reason") == "ContainerCreating":
            node = pod.get("spec", {}).get("nodeName")
            text = f"An executor waits on node {node}, where its image is still being pulled or its volumes are being mounted."
            return "creating", text
    return None


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pod.get("status", {}).get("containerStatuses", [])
    return found


def refusals(log: str) -> dict[str, str]:
    """What Kubernetes says in Spark's log of executors' pods that it has refused, by cause."""
    return {_VARYING.sub("", text): text.strip() for text in _REFUSED.findall(log)}


class ExecutorWatch:
    """Follows the pods that ``selector`` finds and the driver pod ``owner`` owns."""

    def __init__(self, tell: Callable[..., None], request: Callable[..., Any], selector: str, owner: str) -> None:
        self._tell, self._request, self._selector, self._owner = tell, request, selector, owner
        self._started, self._refused = False, ""
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
        if ended := failure(pod):
            self._tell(*ended, _ENDED_S)
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
                pending = [(time.monotonic() - since, pod) for since, pod in self._pending.values()]
            found = [obstacle(pod) for waited_s, pod in pending if waited_s >= _PENDING_S]
            found += [delay(pod) for waited_s, pod in pending if waited_s >= _CREATING_S]
            for cause, text in filter(None, found):
                self._tell(cause, f"{text}\n{advice(text)}")
            try:
                with open(log, "rb") as file:
                    file.seek(said_at)
                    text, said_at = file.read().decode(errors="replace"), file.tell()
            except OSError:
                continue
            for cause, refused in refusals(text).items():
                self._tell(cause, f"Kubernetes refuses executors: {refused}\n{advice(refused)}")
                self._note(cause, refused)

    def _note(self, cause: str, refused: str) -> None:
        """Keep the last refusal for the gauge, whose client is the server: the file's time is when it was seen last. For the
        same cause the text stays, for it is shown.
        """
        path = os.environ["SPARKK8S_REFUSED"]
        if cause == self._refused and os.path.exists(path):
            os.utime(path)
            return
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(refused)
        os.rename(path + ".new", path)
        self._refused = cause


def install(
    tell: Callable[..., None],
    after_import: Callable[[str, Callable[..., None]], None],
    request: Callable[..., Any],
    selector: str,
    owner: str,
) -> None:
    """Watch once Spark is wanted; ``request`` asks Kubernetes as the pod's account."""
    after_import("pyspark", ExecutorWatch(tell, request, selector, owner).start)
