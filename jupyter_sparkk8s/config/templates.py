"""Puts {username}, {kernel_id} and {server} into settings; pure, and injective in each place.

Two users never get the same value: a name that is not plain, or that looks like an escaped one, is shortened and followed
by a hash of the whole name. The idea of the safe form is JupyterHub's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ConfigurationError

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN_LABEL = re.compile(r"[a-z]([a-z0-9]|-(?!-))*")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*")
_ESCAPED = "--"
# Kernels' and servers' ids are nobody's to choose: what is valid in every place stays as it is on our own labels.
_ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def slug(name: str, limit: int = 30) -> str:
    """A DNS label for ``name``: lower case letters, digits and ``-``, at most ``limit`` (≥ 24) characters.

    A plain name stays as it is; any other becomes ``<what is left of it>--<16 hex digits of its hash>``. Plain names hold no
    ``--``, so the two never meet.
    """
    if _PLAIN_LABEL.fullmatch(name) and not name.endswith("-") and len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not readable[:1].isalpha():
        readable = "x" + readable
    return readable[: limit - len(_ESCAPED + digest)].rstrip("-") + _ESCAPED + digest


def path_segment(name: str) -> str:
    """One safe path segment for ``name``: never empty, ``.``, ``..``, hidden or with a separator."""
    if _PLAIN_PATH.fullmatch(name) and _ESCAPED not in name and len(name) <= 64:
        return name
    return slug(name + "\0", 60)  # the marker keeps a slug of a plain label apart from that label itself


def expand(text: str, values: Mapping[str, str], escape: Callable[[str], str], *, trait: str) -> str:
    """``text`` with each variable replaced by its escaped value. Raises ConfigurationError for an unknown variable."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join("{" + name + "}" for name in values)
            raise ConfigurationError(f"c.SparkK8s.{trait} holds {match[0]} in {text!r}; the variables are {known}.")
        name = values[match[1]]
        return name if match[1] != "username" and _ID.fullmatch(name) else escape(name)

    return _VARIABLE.sub(value, text)


def expand_known(text: str, values: Mapping[str, str]) -> str:
    """``text`` with known variables replaced by their raw values, anything else in braces left alone."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def expand_value(text: str, values: Mapping[str, str]) -> str:
    """``text``, a variable's or a property's value, with the known variables put in. One with a slash is a path or an address:
    there a name becomes one segment, the same as in ``volumes``; ``..`` leads nowhere. Elsewhere names stay as they are.
    """
    return expand_known(text, {name: path_segment(value) for name, value in values.items()} if "/" in text else values)


def expand_all(value: Any, values: Mapping[str, str], *, trait: str, key: str = "") -> Any:
    """A copy of a JSON value with all its strings expanded: path-like fields as paths, the others as DNS labels."""
    if isinstance(value, str):
        escape = path_segment if key.lower().endswith("path") else slug
        return expand(value, values, escape, trait=trait)
    if isinstance(value, Mapping):
        return {name: expand_all(item, values, trait=trait, key=str(name)) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [expand_all(item, values, trait=trait, key=key) for item in value]
    return value
