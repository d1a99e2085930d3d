"""``c.SparkK8s.ca_bundle``: the certificate authorities that pods trust, read from a file of the server."""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from pathlib import Path

from ..errors import ConfigurationError

# The Secret that carries it, and a Java form of it, holds 1 MiB at most.
_MOST_KIB = 400
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----")


def read_ca_bundle(written: str) -> str:
    """The certificates of the PEM file ``written``, without what else stands in it; empty where no file is named.

    Raises ConfigurationError for a file that is not there, holds none, or is too large.
    """
    if not written:
        return ""
    path = Path(written).expanduser()
    try:
        state = path.stat()
        return _certificates(written, path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        begin = f"c.SparkK8s.ca_bundle = {written!r}"
        raise ConfigurationError(
            f"{begin} can't be read on this server: {error.strerror}. Name a PEM file with the certificate authorities that "
            "pods are to trust."
        ) from error


@lru_cache(maxsize=8)
def _certificates(written: str, path: Path, _changed_ns: int, _size: int) -> str:
    """Once for each state of the file: each launch asks, and checking a hundred certificates takes tens of milliseconds."""
    begin = f"c.SparkK8s.ca_bundle = {written!r}"
    found = _CERTIFICATE.findall(path.read_text(encoding="utf-8", errors="replace"))
    text = "".join(f"{certificate}\n" for certificate in found)
    try:
        ssl.create_default_context(cadata=text or None)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(f"{begin} holds a certificate that can't be read: {error}. Replace it.") from error
    if not found:
        raise ConfigurationError(
            f"{begin} holds no certificate. Right would be a PEM file: '-----BEGIN CERTIFICATE-----' and so on."
        )
    if len(text) > _MOST_KIB * 1024:
        raise ConfigurationError(
            f"{begin} holds {len(text) // 1024} KiB of certificates; a pod's Secret has room for {_MOST_KIB} KiB. Leave "
            "out what is not needed."
        )
    return text
