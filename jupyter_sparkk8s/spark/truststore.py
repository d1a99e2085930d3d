"""Certificates as a Java key store; pure. Java reads no PEM file, and `keytool` is not in every image.
Source of the format: JDK, ``sun.security.provider.JavaKeyStore`` (JKS, version 2), which every Java reads.
"""

from __future__ import annotations

import hashlib
import ssl
import struct
from functools import lru_cache

# JKS signs with a password that protects nothing; readers that want one try Java's own word.
_PASSWORD = "changeit"  # noqa: S105
_SALT = b"Mighty Aphrodite"
_MAGIC, _VERSION, _TRUSTED = 0xFEEDFEED, 2, 2
_END = "-----END CERTIFICATE-----\n"


@lru_cache(maxsize=4)  # each launch wants the same
def truststore(pem: str) -> bytes:
    """The certificates of the PEM text ``pem`` as trusted entries of a JKS file."""
    ders = [ssl.PEM_cert_to_DER_cert(part + _END) for part in pem.split(_END) if part.strip()]
    data = struct.pack(">III", _MAGIC, _VERSION, len(ders))
    for number, der in enumerate(ders):
        data += struct.pack(">I", _TRUSTED) + _text(f"ca-{number}") + struct.pack(">Q", 0)  # the time of its making
        data += _text("X.509") + struct.pack(">I", len(der)) + der
    return data + hashlib.sha1(_PASSWORD.encode("utf-16-be") + _SALT + data).digest()  # noqa: S324 - the format's


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded
