"""Where settings come from: ``jupyter_sparkk8s_config.py`` on Jupyter's config path, and the running application over it.
So programs without a server (``jupyter console``, nbclient) start the same kernel.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_config_path
from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from ..errors import ConfigurationError
from .traits import SparkK8s
from .wording import nearest, wrong_value

if TYPE_CHECKING:
    from traitlets.config import Configurable

_CLASS = SparkK8s.__name__
OWN_NAME, SERVER_NAME = "jupyter_sparkk8s_config", "jupyter_server_config"


def read_files(*names: str) -> Config:
    """The configuration in files of these names (without ending); later names and nearer directories win, and JSON over
    Python, as in all of Jupyter. Raises ConfigurationError for a file that fails.
    """
    config = Config()
    for name in names:
        for directory in reversed(jupyter_config_path()):
            for loader in (
                PyFileConfigLoader(f"{name}.py", path=directory),
                JSONFileConfigLoader(f"{name}.json", path=directory),
            ):
                try:
                    config.merge(loader.load_config())
                except ConfigFileNotFound:
                    continue
                except Exception as error:  # whatever an administrator's code raises
                    file = loader.full_filename or f"{directory}/{loader.filename}"
                    raise ConfigurationError(f"The configuration file {file} fails: {type(error).__name__}: {error}") from error
    return config


def load_settings(parent: Configurable | None = None) -> SparkK8s:
    """The settings of the application ``parent``; without one, those that a server started here would have.

    Raises ConfigurationError for a name that is no setting and for a value of the wrong type.
    """
    config = read_files(OWN_NAME, SERVER_NAME) if parent is None else read_files(OWN_NAME)
    if parent is not None:
        config.merge(parent.config)
    _check_names(config)
    try:
        return SparkK8s(parent=parent, config=config)
    except TraitError as error:
        raise ConfigurationError(_refused(config) or f"A value of c.SparkK8s is wrong: {error}") from error


def _check_names(config: Config) -> None:
    """Of a name that it does not know traitlets only warns, and of a class that nobody loads it says nothing."""
    for name in config:
        if name != _CLASS and get_close_matches(name.lower(), [_CLASS.lower()], cutoff=0.93):
            raise ConfigurationError(f"The configuration sets c.{name}, which is nothing. Did you mean c.{_CLASS}?")
    known = SparkK8s.class_trait_names(config=True)
    for name in config.get(_CLASS, {}):
        if name not in known:
            hint = nearest(name, known) or f" The settings are: {', '.join(sorted(known))}."
            raise ConfigurationError(f"c.SparkK8s.{name} is no setting.{hint}")


def _refused(config: Config) -> str:
    """What is wrong with the first value that its trait refuses."""
    traits = SparkK8s.class_traits(config=True)
    for name, value in config.get(_CLASS, {}).items():
        try:
            SparkK8s(config=Config({_CLASS: {name: value}}))
        except TraitError:
            return wrong_value("c.SparkK8s.", traits[name], value)
    return ""
