"""The token for a driver's Spark UI; tests/cluster/test_doors.py shows it to Spark itself."""

from __future__ import annotations

import base64
import json

from jupyter_sparkk8s.spark.ui_key import bearer_token, make_ui_key


def test_a_key_is_long_enough_and_new() -> None:
    assert len(base64.urlsafe_b64decode(make_ui_key() + "=")) == 32
    assert make_ui_key() != make_ui_key()


def test_the_token_is_signed_as_the_standard_says() -> None:
    """The key of RFC 7515, appendix A.1; the signature was made by another program (openssl dgst -hmac)."""
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    word, _, token = bearer_token(key).partition(" ")
    header, claims, signature = token.split(".")
    assert word == "Bearer"
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == {"sub": "jupyter-sparkk8s"}
    assert signature == "J0DyC10uGQw7RpyhBKhIqA6ZK42IWWMio5RBbm5P0iA"
    assert bearer_token(make_ui_key()) != bearer_token(key)
