"""The build backend: jupyter-packaging's wheel and sdist hooks, plus the editable hooks that it lacks.

Leaves out the building itself: jupyter-packaging runs `jlpm` in labextension/, setuptools writes the archives.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from jupyter_packaging import build_api
from setuptools import build_meta
from wheel_data import add_data_files

Settings = Mapping[str, Any] | None

NODE_MISSING = (
    "Node.js is missing: the JupyterLab panel is built with it. Install Node.js 20 or later (https://nodejs.org) "
    "so that `node` is on PATH, and run the same command again."
)

# Hooks that are right as they are.
get_requires_for_build_wheel = build_meta.get_requires_for_build_wheel
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
get_requires_for_build_editable = build_meta.get_requires_for_build_editable
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build the panel, then the wheel; returns the wheel's file name."""
    _need_node()
    name: str = build_api.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Pack the sources; returns the archive's file name. Nothing is compiled: a wheel from the sdist does that."""
    return build_meta.build_sdist(sdist_directory, config_settings)


def build_editable(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build an editable wheel that also installs kernels, server configuration and the panel.

    setuptools leaves all data files out of an editable wheel, so that Jupyter would find nothing of ours. The panel is
    compiled only where it is missing; whoever changes it runs `jupyter-builder develop`, as `make` does.
    """
    if not all(Path(target).exists() for target in _panel_files()):
        _need_node()
        build_api._get_build_func()()
    name = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    add_data_files(Path(wheel_directory, name), _pyproject()["tool"]["setuptools"]["data-files"])
    return name


def _need_node() -> None:
    # npm_builder logs a missing program and goes on; its message would be lost in pip's output.
    if shutil.which("node") is None:
        raise SystemExit(NODE_MISSING)


def _panel_files() -> list[str]:
    return list(_pyproject()["tool"]["jupyter-packaging"]["options"]["ensured-targets"])


def _pyproject() -> dict[str, Any]:
    content: dict[str, Any] = tomlkit.loads(Path("pyproject.toml").read_text(encoding="utf-8")).unwrap()
    return content
