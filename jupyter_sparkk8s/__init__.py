"""A notebook's kernel is the Spark driver, in a Kubernetes pod of its own.

Holds only the hooks that Jupyter looks for; importing the package does no work and loads no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_sparkk8s._version import __version__

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built panel lies, for `jupyter-builder develop`."""
    return [{"src": "labextension", "dest": "jupyter-sparkk8s"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """The server extension is this package itself."""
    return [{"module": "jupyter_sparkk8s"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    """Called by a Jupyter server that has the extension enabled; the import waits until then."""
    from jupyter_sparkk8s.server.extension import load

    load(serverapp)
