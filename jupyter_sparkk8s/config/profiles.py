"""``c.SparkK8s.profiles``: named variants of the settings, each checked as the traits themselves are.
Leaves out what a launcher makes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from ..errors import ConfigurationError
from .wording import nearest, wrong_value

if TYPE_CHECKING:
    from .traits import SparkK8s

PROFILE_WORDS = ("name", "title", "description", "icon")
_ICONS = (".svg", ".png")


@dataclass(frozen=True)
class DescribedProfile:
    """A profile as a launcher shows it. ``icon`` is an SVG or PNG file."""

    name: str
    title: str
    description: str
    icon: Path | None


def where(name: str) -> str:
    """How an error begins that a profile's value has caused."""
    return f"Profile {name!r} of c.SparkK8s.profiles: "


def with_profile(settings: SparkK8s, name: str | None) -> dict[str, Any]:
    """All traits' values, a profile's over the general ones. Raises ConfigurationError for unknown names and wrong values."""
    values = {trait: getattr(settings, trait) for trait in settings.traits(config=True)}
    if name is None:
        return values
    known = profiles_by_name(settings)
    if name not in known:
        raise ConfigurationError(
            f"There is no profile {name!r} in c.SparkK8s.profiles; the profiles are: {', '.join(known) or 'none'}."
        )
    allowed = settings.traits(config=True, profile=True)
    for trait, value in known[name].items():
        if trait in PROFILE_WORDS:
            continue
        if trait not in allowed:
            raise ConfigurationError(
                f"Profile {name!r} of c.SparkK8s.profiles sets {trait!r}; a profile may set: {', '.join(sorted(allowed))}."
                + nearest(str(trait), allowed)
            )
        try:
            values[trait] = allowed[trait]._validate(settings, value)
        except TraitError as error:
            raise ConfigurationError(wrong_value(where(name), allowed[trait], value)) from error
    return values


def profiles_by_name(settings: SparkK8s) -> dict[str, dict[str, Any]]:
    """The profiles by their names. Raises ConfigurationError for one without a name, or with another's."""
    known: dict[str, dict[str, Any]] = {}
    for index, profile in enumerate(settings.profiles):
        name = profile.get("name")
        if not isinstance(name, str) or not name or name in known:
            raise ConfigurationError(
                f"c.SparkK8s.profiles[{index}] has the name {name!r}. Give each profile a name of its own, e.g. 'large'."
            )
        if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", name):
            raise ConfigurationError(
                f"c.SparkK8s.profiles[{index}] has the name {name!r}, which can't be a kernel's. Right would be lower-case "
                "letters, digits, '-', '_' and '.', e.g. 'large'; what users read is its title."
            )
        known[name] = profile
    return known


def described_profiles(settings: SparkK8s) -> list[DescribedProfile]:
    """The profiles as a launcher shows them, in their order; a title that is not set is the name.

    Raises ConfigurationError for a title or a description that is no text, and for an icon that is no SVG or PNG file.
    """
    found = []
    for name, profile in profiles_by_name(settings).items():
        for word in ("title", "description", "icon"):
            if not isinstance(profile.get(word, ""), str):
                raise ConfigurationError(f"{where(name)}{word} = {profile[word]!r} is wrong; right would be a text.")
        found.append(
            DescribedProfile(
                name, profile.get("title") or name, profile.get("description", ""), _icon(name, profile.get("icon"))
            )
        )
    return found


def _icon(name: str, written: str | None) -> Path | None:
    if not written:
        return None
    path = Path(written).expanduser()
    if path.suffix.lower() not in _ICONS or not path.is_absolute():
        raise ConfigurationError(
            f"{where(name)}icon = {written!r} is wrong; right would be the whole path of an .svg or .png file."
        )
    if not path.is_file():
        raise ConfigurationError(f"{where(name)}icon = {written!r}: there is no such file on this server.")
    return path
