"""``c.SparkK8s.profiles``: named variants of the settings, each checked as the traits themselves are; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .traits import SparkK8s

PROFILE_WORDS = {"name", "title", "description", "icon"}


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
            )
        try:
            values[trait] = allowed[trait]._validate(settings, value)
        except TraitError as error:
            raise ConfigurationError(f"Profile {name!r} of c.SparkK8s.profiles: {error}") from error
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
        known[name] = profile
    return known
