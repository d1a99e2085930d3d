"""Profiles: named variants over the settings, each value checked as the trait itself is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_sparkk8s.config.checks import check
from jupyter_sparkk8s.config.profiles import DescribedProfile, described_profiles
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.errors import ConfigurationError

from .specs import launch, refusal, settings

LARGE: dict[str, Any] = {
    "name": "large",
    "title": "Large",
    "description": "For joins",
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
    hint = " Did you mean 'driver_memory'?" if field == "driver_momery" else ""
    assert text.endswith("tolerations, volumes." + hint)


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("driver_memory", 8, "8 is wrong; right would be a text such as '4Gi'."),
        ("image", 8, "8 is wrong; right would be a text."),
        ("executor_instances", -1, "-1 is wrong; right would be a whole number of at least 0."),
        ("executor_instances", "3", "'3' is wrong; right would be a whole number of at least 0."),
        ("spark_encryption", "yes", "'yes' is wrong; right would be True or False."),
        ("session", "late", "'late' is wrong; right would be one of 'eager', 'lazy', 'off'."),
        ("volumes", {}, "{} is wrong; right would be a list of dicts."),
        ("supplemental_groups", ["gaia"], "['gaia'] is wrong; right would be a list of whole numbers."),
        ("env", ["A"], "['A'] is wrong; right would be a dict."),
    ],
)
def test_a_value_of_the_wrong_type(trait: str, value: object, said: str) -> None:
    text = refusal({"profiles": [{"name": "p", trait: value}]}, profile="p")
    assert text == f"Profile 'p' of c.SparkK8s.profiles: {trait} = {said}"


def test_a_value_that_can_t_be_right_is_told_with_its_profile() -> None:
    profiles = [{"name": "fine"}, {"name": "tiny", "driver_memory": "1Xi"}]
    with pytest.raises(ConfigurationError) as caught:
        check(settings(profiles=profiles))
    assert str(caught.value).startswith(
        "Profile 'tiny' of c.SparkK8s.profiles: c.SparkK8s.driver_memory = '1Xi' is not a Kubernetes quantity. Write cores like"
    )


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


@pytest.mark.parametrize("name", ["Large", "a b", "../x", "{username}", "-a", "a/b", "a\n"])
def test_a_profile_s_name_can_be_a_kernel_s(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(settings(profiles=[{"name": name}]))
    assert str(caught.value).startswith(
        f"c.SparkK8s.profiles[0] has the name {name!r}, which can't be a kernel's. Right would be "
    )


def test_profiles_as_a_launcher_shows_them(tmp_path: Path) -> None:
    icon = tmp_path / "large.SVG"
    icon.touch()
    described = described_profiles(settings(profiles=[LARGE | {"icon": str(icon)}, {"name": "small"}]))
    assert described == [
        DescribedProfile("large", "Large", "For joins", icon),
        DescribedProfile("small", "small", "", None),
    ]


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("title", 3, "title = 3 is wrong; right would be a text."),
        ("description", ["a"], "description = ['a'] is wrong; right would be a text."),
        ("icon", True, "icon = True is wrong; right would be a text."),
        ("icon", "large.svg", "icon = 'large.svg' is wrong; right would be the whole path of an .svg or .png file."),
        ("icon", "/x/large.gif", "icon = '/x/large.gif' is wrong; right would be the whole path of an .svg or .png file."),
        ("icon", "/no/such.png", "icon = '/no/such.png': there is no such file on this server."),
    ],
)
def test_what_a_launcher_can_t_show(word: str, value: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(settings(profiles=[{"name": "p", word: value}]))
    assert str(caught.value) == f"Profile 'p' of c.SparkK8s.profiles: {said}"
