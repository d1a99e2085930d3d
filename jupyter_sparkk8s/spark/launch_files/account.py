"""Requests to Kubernetes from inside a driver pod, as the pod's own account."""

from __future__ import annotations

import os
from typing import Any

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def api_server() -> str:
    """Address of the API server."""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    return "https://{}:{}".format("[" + host + "]" if ":" in host else host, os.environ["KUBERNETES_SERVICE_PORT"])


def request(method: str, path: str, timeout_s: float, body: bytes | None = None) -> Any:
    """The response to a request for ``path``, which begins behind the namespace (``pods/…``) or at the root (``/apis/…``).
    Raises OSError.
    """
    import ssl
    from urllib.request import Request, urlopen

    headers = {"Authorization": "Bearer " + _read("token"), "Content-Type": "application/json"}
    url = api_server() + (path if path.startswith("/") else "/api/v1/namespaces/{}/{}".format(_read("namespace"), path))
    trust = ssl.create_default_context(cafile=os.path.join(_ACCOUNT, "ca.crt"))
    return urlopen(Request(url, data=body, headers=headers, method=method), timeout=timeout_s, context=trust)  # noqa: S310


def _read(name: str) -> str:
    with open(os.path.join(_ACCOUNT, name)) as file:
        return file.read()
