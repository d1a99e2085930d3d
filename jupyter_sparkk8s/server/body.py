"""A request whose body a handler of ours looks at, and may change, before Jupyter's own does."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler


class BodyHandler(APIHandler):
    """What ``get_json_body`` returns is the same object each time."""

    _body: Any = None

    def get_json_body(self) -> Any:
        """The request's body, read once."""
        if self._body is None:
            self._body = super().get_json_body()
        return self._body
