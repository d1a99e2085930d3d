"""Where settings come from: ``jupyter_sparkk8s_config.py`` on Jupyter's config path, and the running application over it.
So programs without a server (``jupyter console``, nbclient) start the same kernel.
"""

from __future__ import annotations

from jupyter_core.paths import jupyter_config_path
from traitlets.config import Config, Configurable, JSONFileConfigLoader, PyFileConfigLoader
from traitlets.config.loader import ConfigFileNotFound

from .traits import SparkK8s

OWN_NAME, SERVER_NAME = "jupyter_sparkk8s_config", "jupyter_server_config"


def read_files(*names: str) -> Config:
    """The configuration in files of these names (without ending); later names and nearer directories win."""
    config = Config()
    for name in names:
        for directory in reversed(jupyter_config_path()):
            for loader in (
                JSONFileConfigLoader(f"{name}.json", path=directory),
                PyFileConfigLoader(f"{name}.py", path=directory),
            ):
                try:
                    config.merge(loader.load_config())
                except ConfigFileNotFound:
                    continue
    return config


def load_settings(parent: Configurable | None = None) -> SparkK8s:
    """The settings of the application ``parent``; without one, those that a server started here would have."""
    if parent is None:
        return SparkK8s(config=read_files(OWN_NAME, SERVER_NAME))
    config = read_files(OWN_NAME)
    config.merge(parent.config)
    return SparkK8s(parent=parent, config=config)
