"""A notebook's kernel is the Spark driver, in a Kubernetes pod of its own.

Holds only the hooks that Jupyter looks for; importing the package does no work and loads no part of it.
"""

from __future__ import annotations

from typing import Any

from jupyter_sparkk8s._version import __version__

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built panel lies, for `jupyter-builder develop`."""
    return [{"src": "labextension", "dest": "jupyter-sparkk8s"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """The server extension; imported when a server asks for it."""
    from jupyter_sparkk8s.server.extension import SparkK8sExtension

    return [{"module": "jupyter_sparkk8s", "app": SparkK8sExtension}]
