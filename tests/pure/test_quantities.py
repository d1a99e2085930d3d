"""Kubernetes quantities, read as Kubernetes reads them; what it would refuse is told with the trait and the value."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sparkk8s.config.quantities import cores, memory_mib, parse_quantity
from jupyter_sparkk8s.errors import ConfigurationError

# Kubernetes' own suffixes, written down here a second time and by their exponents.
POWERS_OF_TEN = {"m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15}
POWERS_OF_TWO = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50}
SUFFIXES = {s: Fraction(10) ** n for s, n in POWERS_OF_TEN.items()} | {s: Fraction(2) ** n for s, n in POWERS_OF_TWO.items()}


@given(whole=st.integers(0, 10**6), part=st.integers(0, 999), suffix=st.sampled_from(sorted(SUFFIXES)))
def test_a_quantity_is_its_number_times_its_suffix(whole: int, part: int, suffix: str) -> None:
    parsed = parse_quantity(f"{whole}.{part:03}{suffix}", trait="driver_memory")
    assert Fraction(parsed) == (whole + Fraction(part, 1000)) * SUFFIXES[suffix]


@pytest.mark.parametrize(
    "text",
    ["", " ", "four", "4 Gi", "4gi", "4GB", "-1", "+1", "1,5", ".5", "5.", "1e3", "4Gi ", "\uff14Gi", "4\n", "4Kii", "NaN"],
)
def test_anything_else_is_refused_by_trait_and_value(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_quantity(text, trait="driver_memory")
    assert str(caught.value) == (
        f"c.SparkK8s.driver_memory = {text!r} is not a Kubernetes quantity. "
        "Write cores like '500m' or '2', memory like '512Mi' or '4Gi'."
    )


@pytest.mark.parametrize(
    ("text", "mebibytes"), [("4Gi", 4096), ("512Mi", 512), ("1G", 953), ("1048575", 0), ("1.5Gi", 1536), ("1000Ki", 0)]
)
def test_memory_is_whole_mebibytes_rounded_down(text: str, mebibytes: int) -> None:
    assert memory_mib(text, trait="driver_memory") == mebibytes


@pytest.mark.parametrize(("text", "value"), [("500m", "0.5"), ("2", "2"), ("1.5", "1.5"), ("1m", "0.001")])
def test_cores(text: str, value: str) -> None:
    assert cores(text, trait="driver_cpu") == Decimal(value)


@pytest.mark.parametrize("text", ["0", "0m", "1Gi", "1k", "2M", "1Pi"])
def test_cores_are_above_zero_and_no_memory(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        cores(text, trait="executor_cpu")
    assert str(caught.value) == (f"c.SparkK8s.executor_cpu = {text!r} is not a number of cores. Write e.g. '500m' or '2'.")
