"""Kubernetes quantities ("500m", "4Gi") to numbers; pure. Source: Kubernetes' API conventions, "Quantity"."""

from __future__ import annotations

import re
from decimal import Decimal

from ..errors import ConfigurationError

_SUFFIXES = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]{0,2})")
MEBIBYTE = 2**20


def parse_quantity(text: str, *, trait: str) -> Decimal:
    """The number that a quantity stands for (cores or bytes). Raises ConfigurationError naming ``trait``."""
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in _SUFFIXES:
        raise ConfigurationError(
            f"c.SparkK8s.{trait} = {text!r} is not a Kubernetes quantity. Write cores like '500m' or '2', memory like "
            "'512Mi' or '4Gi'."
        )
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def memory_mib(text: str, *, trait: str) -> int:
    """Whole MiB of a memory quantity, rounded down."""
    return int(parse_quantity(text, trait=trait) / MEBIBYTE)


def cores(text: str, *, trait: str) -> Decimal:
    """Cores of a CPU quantity. Raises ConfigurationError for zero or a memory suffix."""
    value = parse_quantity(text, trait=trait)
    if value <= 0 or text[-1] not in "0123456789m":
        raise ConfigurationError(f"c.SparkK8s.{trait} = {text!r} is not a number of cores. Write e.g. '500m' or '2'.")
    return value
