"""Backends that the kernels of one application share. Kept on the topmost configurable (the Jupyter server), so that they
live as long as it does and two servers in one process do not meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..backends.kubernetes import KubernetesBackend
from ..backends.local import LocalBackend
from ..config.files import load_settings

if TYPE_CHECKING:
    from traitlets.config import Configurable

    from ..backends.base import Backend

_backends: WeakKeyDictionary[Configurable, dict[str, Backend]] = WeakKeyDictionary()


def topmost(configurable: Configurable) -> Configurable:
    """The application above ``configurable``; itself where there is none."""
    while configurable.parent is not None:
        configurable = configurable.parent
    return configurable


def kubernetes_backend(configurable: Configurable) -> KubernetesBackend:
    """The cluster backend of the application above ``configurable``."""
    backends = _of(configurable)
    if "kubernetes" not in backends:
        backends["kubernetes"] = KubernetesBackend(load_settings(topmost(configurable)))
    backend = backends["kubernetes"]
    assert isinstance(backend, KubernetesBackend)
    return backend


def local_backend(configurable: Configurable) -> LocalBackend:
    """The local backend of the application above ``configurable``."""
    backends = _of(configurable)
    if "local" not in backends:
        backends["local"] = LocalBackend(load_settings(topmost(configurable)))
    backend = backends["local"]
    assert isinstance(backend, LocalBackend)
    return backend


async def close_backends(configurable: Configurable) -> None:
    """Close what the application's kernels shared."""
    for backend in _backends.pop(topmost(configurable), {}).values():
        await backend.close()


def _of(configurable: Configurable) -> dict[str, Backend]:
    return _backends.setdefault(topmost(configurable), {})
