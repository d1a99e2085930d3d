"""Tells what becomes of one kernel: by events on the server's event system, in its log, and to who asks later (``lives``).
Without a Jupyter server only the log is left.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..errors import Cause, LaunchError, StartCancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

    from ..backends.base import Driver
    from ..models.phase import StartPhase
    from .lives import Lives

# Folder and name of the session for which a request has a kernel started. The kernel's environment has a place on disk, which
# a console or a notebook that lies elsewhere has not; and names alone are not unique.
session_path: ContextVar[str] = ContextVar("session_path", default="")

# The schemas lie in ``server/``; the extension registers them.
START_EVENT = "https://jupyter-sparkk8s.github.io/events/kernel_start/v1"
DEATH_EVENT = "https://jupyter-sparkk8s.github.io/events/kernel_death/v1"


def cause_of(error: BaseException) -> Cause:
    """An error's cause; made of its text where it has none."""
    return error.cause if isinstance(error, LaunchError) else Cause(str(error) or type(error).__name__, "", "")


class Report:
    """Of one provisioner. Times are seconds since the start began."""

    def __init__(self, provisioner: KernelProvisionerBase, lives: Lives) -> None:
        self._provisioner, self._lives = provisioner, lives
        self._begun_at, self._base = 0.0, dict[str, Any]()

    def begin(self, launch: int, environ: Mapping[str, str], *, anew: bool) -> None:
        """A start begins; ``anew`` where its user has asked for it, so that deaths before it count no more."""
        self._begun_at = time.monotonic()
        notebook = PurePath(environ.get("JPY_SESSION_NAME", "")).name
        self._base = {"kernel_id": self._provisioner.kernel_id, "launch": launch, "notebook": notebook}
        life = self._lives.of(self._provisioner.kernel_id)
        life.steps, life.began_at, life.driver = [], time.time(), None
        life.path = session_path.get() or life.path
        if anew:
            life.begin_anew()

    def drives(self, driver: Driver) -> None:
        """Who will be the kernel's driver."""
        self._lives.of(self._provisioner.kernel_id).driver = driver

    def phase(self, step: StartPhase) -> None:
        """The start has come so far."""
        said = {"said": step.said, "waits": step.waits, "node": step.node}
        self._tell(step.phase.value, {name: text for name, text in said.items() if text})

    def started(self) -> None:
        """The kernel answers."""
        self._tell("started", {})

    def failed(self, error: BaseException) -> None:
        """The start has ended without a kernel: ``error`` is a LaunchError, or a task's cancellation."""
        cancelled = isinstance(error, StartCancelled) or not isinstance(error, Exception)
        cause = StartCancelled().cause if cancelled else cause_of(error)
        self._lives.of(self._provisioner.kernel_id).driver = None
        self._tell("cancelled" if cancelled else "failed", {"cause": vars(cause)})

    def _tell(self, phase: str, more: dict[str, Any]) -> None:
        elapsed_s = round(time.monotonic() - self._begun_at, 2)
        event = {**self._base, "phase": phase, "elapsed_s": elapsed_s, **more}
        life = self._lives.of(self._provisioner.kernel_id)
        life.start = event
        life.steps.append(event)
        self._lives.tell()
        words = [more[name] for name in ("node", "waits", "said") if name in more]
        if "cause" in more:
            words.append(more["cause"]["title"])
        self._provisioner.log.info(
            "Start of kernel %s: %s after %.1f s%s",
            self._provisioner.kernel_id,
            phase,
            elapsed_s,
            "".join(f"; {word}" for word in words),
        )
        self._emit(START_EVENT, event)

    def died(self, cause: Cause, *, most: int) -> bool:
        """The kernel has ended without being asked to; whether to give it up: when this cause has come ``most`` times."""
        count = self._lives.of(self._provisioner.kernel_id).count(cause)
        self._tell_death(cause, count, restarts=count < most)
        return count >= most

    def restart_failed(self, error: Exception) -> None:
        """There is no kernel any more, since its restart has failed."""
        self._tell_death(cause_of(error), 1, restarts=False)

    def _tell_death(self, cause: Cause, count: int, *, restarts: bool) -> None:
        kernel_id = self._provisioner.kernel_id
        names = {"kernel_id": kernel_id, "notebook": self._base.get("notebook", "")}
        event = {**names, "cause": vars(cause), "count": count, "restarts": restarts}
        self._lives.of(kernel_id).death = event
        self._lives.tell()
        self._provisioner.log.warning(
            "Kernel %s died%s: %s", kernel_id, "" if restarts else " and is not started again", cause.text().replace("\n", " ")
        )
        self._emit(DEATH_EVENT, event)

    def end(self) -> None:
        """The kernel has been shut down: nothing is left to be told."""
        self._lives.forget(self._provisioner.kernel_id)

    def _emit(self, schema_id: str, data: dict[str, Any]) -> None:
        kernel: Any = self._provisioner.parent
        logger = getattr(kernel, "event_logger", None)  # a Jupyter server's kernels have one
        if logger is not None and schema_id in logger.schemas:
            kernel.emit(schema_id=schema_id, data=dict(data))
