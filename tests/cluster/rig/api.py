"""The few requests that the rig itself makes to the API server: apply, get, delete. TLS verified, as admin."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .progress import RigError

if TYPE_CHECKING:
    from .layout import Rig

Object = dict[str, Any]


def path(document: Object) -> str:
    """An object's path. Plurals by `s` hold for every kind that the rig uses."""
    version, metadata = document["apiVersion"], document["metadata"]
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    scope = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{scope}/{document['kind'].lower()}s/{metadata['name']}"


class Api:
    """A client of the cluster at `url`, with the certificates in the rig's state folder."""

    def __init__(self, rig: Rig, url: str) -> None:
        self._pki, self._url = rig.pki, url

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context(cafile=str(self._pki / "ca.crt"))
        context.load_cert_chain(self._pki / "admin.crt", self._pki / "admin.key")
        # No proxies: the cluster is on this machine.
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def request(self, method: str, where: str, body: Object | None = None, timeout_s: float = 10) -> bytes:
        """The answer's body. Raises HTTPError on a status of 400 or more, OSError without an answer."""
        request = urllib.request.Request(self._url + where, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            kind = "apply-patch+yaml" if method == "PATCH" else "json"
            request.add_header("Content-Type", f"application/{kind}")
        with self._opener.open(request, timeout=timeout_s) as answer:
            content: bytes = answer.read()
        return content

    def ready(self) -> bool:
        try:
            return self.request("GET", "/readyz", timeout_s=2) == b"ok"
        except OSError:
            return False

    def get(self, where: str) -> Object | None:
        """The object at a path, None where there is none."""
        try:
            found: Object = json.loads(self.request("GET", where))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise _refused("GET", where, error) from error
        return found

    def apply(self, document: Object) -> Object:
        """Server-side apply; the object as it is then."""
        where = path(document)
        try:
            applied: Object = json.loads(self.request("PATCH", f"{where}?fieldManager=rig&force=true", document))
        except urllib.error.HTTPError as error:
            raise _refused("apply", where, error) from error
        return applied

    def delete(self, where: str) -> None:
        try:
            self.request("DELETE", where)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise _refused("DELETE", where, error) from error


def _refused(what: str, where: str, error: urllib.error.HTTPError) -> RigError:
    said = error.read().decode(errors="replace")[:1000]
    return RigError(f"The API server refused {what} {where}: {error.code} {said}", "the answer above names the cause.")
