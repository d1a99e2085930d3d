"""Where settings come from: ``jupyter_sparkk8s_config.py`` on Jupyter's config path, and the running application over it.
So programs without a server (``jupyter console``, nbclient) start the same kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_config_path
from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from ..errors import ConfigurationError
from .traits import SparkK8s

if TYPE_CHECKING:
    from traitlets.config import Configurable

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

    Raises ConfigurationError for a value of the wrong type.
    """
    try:
        if parent is None:
            return SparkK8s(config=read_files(OWN_NAME, SERVER_NAME))
        config = read_files(OWN_NAME)
        config.merge(parent.config)
        return SparkK8s(parent=parent, config=config)
    except TraitError as error:
        raise ConfigurationError(f"A value of c.SparkK8s is wrong: {error}") from error
