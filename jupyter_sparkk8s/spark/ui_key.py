"""The key of one driver's Spark UI, and the token that shows one has it; pure but for the key's making.
Source: Spark's JWSFilter (a JSON Web Signature by HMAC with SHA-256, RFC 7515; the key in base64url).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_KEY_BYTES = 32  # as many as the hash has: fewer are refused (RFC 7518, section 3.2)

_HEADER, _CLAIMS = b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"jupyter-sparkk8s"}'


def make_ui_key() -> str:
    """A new key, in base64url without padding."""
    return secrets.token_urlsafe(_KEY_BYTES)


def bearer_token(key: str) -> str:
    """The value of the ``Authorization`` header that opens the UI and the REST API of the driver that has ``key``.

    It does not expire: it is made from the key for each request, and the key ends with its pod.
    """
    signed = f"{_encode(_HEADER)}.{_encode(_CLAIMS)}"
    secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return f"Bearer {signed}.{_encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
