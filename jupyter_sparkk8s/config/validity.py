"""What Kubernetes takes as a name, a label or a variable's name; pure. So that a wrong one is told when the server starts,
not by a refused pod. Source: Kubernetes' apimachinery, ``pkg/util/validation/validation.go``.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..errors import ConfigurationError

_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*"
_TAKEN_KEYS = ("app.kubernetes.io/managed-by", "spark-role", "spark-app-selector", "spark-exec-id", "spark-app-name")


def dns_label(text: str, *, trait: str) -> str:
    """``text``, which names a namespace or a volume. Raises ConfigurationError naming ``trait`` where it can't."""
    return _checked(text, _LABEL, trait, "1 to 63 lower-case letters, digits and '-', first and last no '-'")


def object_name(text: str, *, trait: str) -> str:
    """``text``, which names an account or a Secret. Raises ConfigurationError where it can't."""
    return _checked(text, _SUBDOMAIN, trait, "lower-case letters, digits, '-' and '.', first and last a letter or digit")


def label_value(text: str, *, trait: str) -> str:
    """``text``, a label's value. Raises ConfigurationError where it can't be one."""
    rule = "at most 63 letters, digits, '-', '_' and '.', first and last a letter or digit"
    return _checked(text, f"({_WORD})?", trait, rule)


def qualified_key(text: str, *, trait: str) -> str:
    """``text``, the key of a label or an annotation. Raises ConfigurationError where it can't be one."""
    rule = "a word of at most 63 letters, digits, '-', '_' and '.', perhaps after a domain and '/'"
    return _checked(text, f"({_SUBDOMAIN.replace('$', '/')}/)?{_WORD}", trait, rule)


def own_key(text: str, *, trait: str) -> str:
    """``text``, the key of a label or an annotation that is the administrator's to set. Raises ConfigurationError where it is
    ours or Spark's, or can't be one.
    """
    qualified_key(text, trait=trait)
    if text.startswith("jupyter-sparkk8s/") or text in _TAKEN_KEYS:
        raise ConfigurationError(f"c.SparkK8s.{trait} sets {text!r}, by which a kernel's pods are found. Choose another key.")
    return text


def variable_name(text: str, *, trait: str) -> str:
    """``text``, the name of an environment variable. Raises ConfigurationError where it can't be one."""
    return _checked(text, r"[\x20-\x3c\x3e-\x7e]+", trait, "printable ASCII without '='")


def is_address(text: str) -> bool:
    """Whether ``text``, a proxy's address with or without ``http://``, can be read: its port, if any, and its brackets."""
    try:
        address = urlsplit(text if "//" in text else f"//{text}")
        return address.port is None or address.port > 0
    except ValueError:
        return False


def _checked(text: object, pattern: str, trait: str, rule: str) -> str:
    if isinstance(text, str) and re.fullmatch(pattern, text):
        return text
    raise ConfigurationError(f"c.SparkK8s.{trait} gives {text!r}, which Kubernetes does not take; right would be: {rule}.")
