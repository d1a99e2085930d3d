"""Profiles: named variants over the settings, each value checked as the trait itself is."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.config.resolve import check, resolve
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.errors import ConfigurationError

from .specs import launch, refusal, settings

LARGE: dict[str, Any] = {
    "name": "large",
    "title": "Large",
    "description": "For joins",
    "icon": "large.svg",
    "image": "registry.org/spark:large",
    "driver_memory": "8Gi",
    "executor_instances": 10,
}


def test_a_profile_goes_over_the_settings() -> None:
    spec = resolve(settings(profiles=[LARGE]), launch(profile="large"))
    assert (spec.image, spec.driver.memory.total, spec.executor_instances) == ("registry.org/spark:large", 8192, 10)
    assert resolve(settings(profiles=[LARGE]), launch()) == resolve(settings(), launch())


def test_a_profile_alone_may_bring_the_image() -> None:
    assert resolve(SparkK8s(profiles=[LARGE]), launch(profile="large")).image == "registry.org/spark:large"


def test_no_such_profile() -> None:
    text = "There is no profile 'huge' in c.SparkK8s.profiles; the profiles are: {}."
    assert refusal({"profiles": [LARGE]}, profile="huge") == text.format("large")
    assert refusal({}, profile="huge") == text.format("none")


@pytest.mark.parametrize("field", ["namespace", "profiles", "driver_momery", "access", "log", ""])
def test_what_a_profile_may_not_set(field: str) -> None:
    text = refusal({"profiles": [{"name": "p", field: "x"}]}, profile="p")
    assert text.startswith(f"Profile 'p' of c.SparkK8s.profiles sets {field!r}; a profile may set: annotations, ")
    assert text.endswith("tolerations, volumes.")


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("driver_memory", 8, "'driver_memory' trait of a SparkK8s instance expected a unicode string, not the int 8"),
        ("executor_instances", -1, "'executor_instances' trait of a SparkK8s instance should not be less than 0"),
        ("executor_instances", "3", "'executor_instances' trait of a SparkK8s instance expected an int, not the str '3'"),
        ("session", "late", "'session' trait of a SparkK8s instance expected any of ['eager', 'lazy', 'off']"),
        ("volumes", {}, "'volumes' trait of a SparkK8s instance expected a list, not the dict {}"),
    ],
)
def test_a_value_of_the_wrong_type(trait: str, value: object, said: str) -> None:
    text = refusal({"profiles": [{"name": "p", trait: value}]}, profile="p")
    assert text.startswith("Profile 'p' of c.SparkK8s.profiles: ")
    assert said in text


@pytest.mark.parametrize(
    ("profiles", "index", "name"),
    [([{"title": "x"}], 0, None), ([{"name": ""}], 0, ""), ([{"name": "a"}, {"name": "a"}], 1, "a"), ([{"name": 3}], 0, 3)],
)
def test_each_profile_has_a_name_of_its_own(profiles: list[Any], index: int, name: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(settings(profiles=profiles))
    assert str(caught.value) == (
        f"c.SparkK8s.profiles[{index}] has the name {name!r}. Give each profile a name of its own, e.g. 'large'."
    )
