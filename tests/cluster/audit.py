"""Counts what an account asked of the API server, in the server's own audit log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Audit:
    """The requests of ``user`` since this object was made."""

    def __init__(self, log: Path, user: str) -> None:
        self._log, self._user = log, user
        self._start = log.stat().st_size

    def requests(self) -> list[str]:
        """``verb resource[/subresource]`` of each request, in order; a long one counts when it begins."""
        seen: dict[str, str] = {}
        with self._log.open() as file:
            file.seek(self._start)
            for line in file:
                event: dict[str, Any] = json.loads(line)
                if event["user"].get("username") == self._user and "objectRef" in event:
                    reference = event["objectRef"]
                    what = "/".join(reference[key] for key in ("resource", "subresource") if key in reference)
                    seen.setdefault(event["auditID"], f"{event['verb']} {what}")
        return list(seen.values())
