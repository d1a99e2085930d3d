"""What Kubernetes takes as a name, a label, a key or a variable: the edges of each rule, the whole text of each refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_sparkk8s.config.validity import dns_label, label_value, object_name, qualified_key, variable_name
from jupyter_sparkk8s.errors import ConfigurationError

DOMAIN = ".".join(["a" * 63] * 4)[:253]
DNS = "1 to 63 lower-case letters, digits and '-', first and last no '-'"
NAME = "lower-case letters, digits, '-' and '.', first and last a letter or digit"
VALUE = "at most 63 letters, digits, '-', '_' and '.', first and last a letter or digit"
KEY = "a word of at most 63 letters, digits, '-', '_' and '.', perhaps after a domain and '/'"
VARIABLE = "printable ASCII without '='"


@pytest.mark.parametrize(
    ("check", "taken"),
    [
        (dns_label, ["a", "9", "a-b", "a--b", "a" * 63]),
        (object_name, ["a", "a.b", "a-b.c-d", DOMAIN]),
        (label_value, ["", "a", "A", "9", "a_b.C-9", "a" * 63]),
        (qualified_key, ["a", "A_b.c-9", "a" * 63, "example.org/a", f"{DOMAIN}/A"]),
        (variable_name, ["A", "a b", "~", "!", "9", "A.B-C"]),
    ],
)
def test_what_is_taken(check: Callable[..., str], taken: list[str]) -> None:
    assert [check(text, trait="t") for text in taken] == taken


@pytest.mark.parametrize(
    ("check", "rule", "refused"),
    [
        (dns_label, DNS, ["", "A", "-a", "a-", "a.b", "a_b", "a" * 64, "ä", "a\n", "a b", None, 3]),
        (object_name, NAME, ["", "A", ".a", "a.", "a..b", "a/b", DOMAIN + "a", "a\n", True]),
        (label_value, VALUE, ["-", "a-", ".a", "a b", "a/b", "a" * 64, "ä", "a\n", None, 7]),
        (qualified_key, KEY, ["", "a/", "/a", "a/b/c", "A/b", "a b", "a" * 64, f"{DOMAIN}a/A", "a\n", None]),
        (variable_name, VARIABLE, ["", "A=B", "=", "Ä", "A\n", "\t", "\x7f", None]),
    ],
)
def test_what_is_refused(check: Callable[..., str], rule: str, refused: list[Any]) -> None:
    for text in refused:
        with pytest.raises(ConfigurationError) as caught:
            check(text, trait="labels")
        assert str(caught.value) == (
            f"c.SparkK8s.labels gives {text!r}, which Kubernetes does not take; right would be: {rule}."
        )
