"""Every error that this package raises: one tree, made where a library's words are translated.
Leaves out how an error is shown; each carries the next step in its own text.
"""

from __future__ import annotations

from dataclasses import dataclass


class SparkK8sError(Exception):
    """Base of all errors of this package. ``str()`` is what a user reads: what happened, what was said, what to do."""


@dataclass(frozen=True)
class Cause:
    """Why something failed, in words.

    ``title`` says what happened, ``said`` holds the system's own words (may be empty), ``next_step`` what to change or
    whom to ask.
    """

    title: str
    said: str
    next_step: str

    def text(self) -> str:
        """One short text with one part per line."""
        return "\n".join(part for part in (self.title, self.said, self.next_step) if part)


class CausedError(SparkK8sError):
    """An error whose ``cause`` says why, part by part."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.text())
        self.cause = cause


class ConfigurationError(SparkK8sError):
    """A setting is wrong. Names the trait, the value and what would be right."""


class PodUnreachable(SparkK8sError):
    """No stream to the pod could be opened, or the pod refused the port."""


class PodGone(SparkK8sError):
    """The pod does not exist any more, or has ended: no stream to it will ever open."""


class StreamLost(SparkK8sError):
    """A stream to the pod broke and can't be resumed."""


class SparkUnreachable(SparkK8sError):
    """The driver's Spark has no UI now, or it does not answer."""


class ApiUnreachable(CausedError):
    """Kubernetes' API server can't be reached, or its certificate can't be trusted."""


class ApiError(CausedError):
    """Kubernetes' API server refused a request.

    ``status`` is the HTTP status, ``reason`` Kubernetes' CamelCase word for it, ``message`` its own text.
    """

    def __init__(self, cause: Cause, *, status: int, reason: str, message: str) -> None:
        super().__init__(cause)
        self.status = status
        self.reason = reason
        self.message = message


class LaunchError(CausedError):
    """A kernel could not be started."""


class StartCancelled(LaunchError):
    """A start was ended before its kernel was there, by who wanted it or by a shutdown."""

    def __init__(self) -> None:
        super().__init__(Cause("Start cancelled.", "", "Start the kernel again if you need it."))
