"""What may pass between a browser and a driver's Spark UI, and where to; pure. Lists say what passes, so that nothing else
does: cookies, logins and XSRF tokens stay with Jupyter, and the driver sets nothing in its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TO_DRIVER = ("Accept", "Accept-Encoding", "Accept-Language", "If-Modified-Since", "If-None-Match", "Range")
_TO_BROWSER = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "pragma",
    "vary",
    "x-content-type-options",
    "x-frame-options",
)
# A path is decoded so often while something dangerous may be hidden in it.
_LAYERS = 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SEGMENT = re.compile("[/;]")
_MISLEADING = ("proxy", "history")


def request_headers(given: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Headers for the driver. By ``X-Forwarded-Context`` Spark puts the prefix before all its links."""
    return {name: given[name] for name in _TO_DRIVER if name in given} | {"X-Forwarded-Context": prefix}


def response_headers(given: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Headers for the browser; names are in lower case."""
    headers = {name: given[name] for name in _TO_BROWSER if name in given}
    if "location" in given:
        headers["location"] = location(given["location"], prefix)
    return headers


def location(given: str, prefix: str) -> str:
    """A redirect as the browser must follow it. Spark's are absolute, to an address of the cluster's: only the path counts."""
    try:
        parts = urlsplit(given)
    except ValueError:  # such as "http://[x"
        return prefix + "/"
    path = "/" + parts.path.lstrip("/\\")
    if path != prefix and not path.startswith(prefix + "/"):
        path = prefix + path
    return path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")


def driver_path(raw: str, query: str) -> str | None:
    """Path and query to ask the driver for; None where the path leads anywhere but down. ``raw`` is still encoded. Jupyter's
    token, which may stand in the query, is left out.
    """
    text = _decoded(raw)
    if text is None or not text.startswith("/") or text.startswith("//") or "\\" in text or _CONTROL.search(text):
        return None
    if " " in raw + query or _CONTROL.search(query) or any(segment in (".", "..") for segment in _segments(text)):
        return None
    kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0]) != "token"]
    return raw + (f"?{'&'.join(kept)}" if kept else "")


def changes(raw: str) -> bool:
    """Whether a path would end a job or stage: before version 4 Spark does so for who reads it."""
    return "kill" in _segments(_decoded(raw) or "")


def _decoded(raw: str) -> str | None:
    """A path without any of its encodings; None where there are too many."""
    if "%" not in raw:
        return raw
    text = raw
    for _ in range(_LAYERS):
        decoded = unquote(text, errors="replace")
        if decoded == text:
            return text
        text = decoded
    return None


def _segments(text: str) -> list[str]:
    """Of a path, with their parameters apart."""
    return _SEGMENT.split(text)


def base_url_warning(base_url: str) -> str:
    """Why pages of the UI will be incomplete under this base_url; empty where they won't be. Spark's own pages look for these
    words in the address, and take the next one for the application's id.
    """
    found = _found(unquote(base_url).split("/"))
    if not found:
        return ""
    return (
        f"The server's base_url ({base_url}) holds the word {found!r}, which Spark's pages misread: the Spark UI's table of "
        "executors stays empty. Ask your administrator for another c.ServerApp.base_url."
    )


def _found(segments: Iterable[str]) -> str:
    return next((segment for segment in segments if segment in _MISLEADING), "")
