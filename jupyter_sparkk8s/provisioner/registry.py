"""What the kernels of one application share: backends, the starts under way, and what is told of each. Kept by the topmost
configurable (the Jupyter server), so that they live as long as it does and two servers in one process do not meet.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..backends.threaded import ThreadedBackend
from ..config.files import load_settings
from .lives import Lives
from .starts import Starts

if TYPE_CHECKING:
    from traitlets.config import Configurable

    from ..backends.base import Backend
    from ..backends.kubernetes import KubernetesBackend
    from ..backends.local import LocalBackend
_backends: WeakKeyDictionary[Configurable, dict[type[Backend], Backend]] = WeakKeyDictionary()
_starts: WeakKeyDictionary[Configurable, Starts] = WeakKeyDictionary()
_lives: WeakKeyDictionary[Configurable, Lives] = WeakKeyDictionary()


def topmost(configurable: Configurable) -> Configurable:
    """The application above ``configurable``; itself where there is none."""
    while configurable.parent is not None:
        configurable = configurable.parent
    return configurable


def shared_backend(configurable: Configurable, kind: type[KubernetesBackend | LocalBackend]) -> Backend:
    """The backend of the application above ``configurable``; made from the settings, once."""
    application = topmost(configurable)
    backends = _backends.setdefault(application, {})
    if kind not in backends:

        def make() -> Backend:
            return kind(load_settings(application))

        needs_thread = kind.needs_running_loop and not _runs_a_loop(application)
        backends[kind] = ThreadedBackend(make) if needs_thread else make()
    return backends[kind]


def _runs_a_loop(application: Configurable) -> bool:
    """Whether it is a Jupyter server. One that was never imported can't be it."""
    module = sys.modules.get("jupyter_server.serverapp")
    return module is not None and isinstance(application, module.ServerApp)


def shared_starts(configurable: Configurable) -> Starts:
    """The starts under way of the application above ``configurable``."""
    return _starts.setdefault(topmost(configurable), Starts())


def shared_lives(configurable: Configurable) -> Lives:
    """What is told of the kernels of the application above ``configurable``."""
    return _lives.setdefault(topmost(configurable), Lives())


async def close_backends(configurable: Configurable) -> None:
    """End what the application's kernels shared: starts are cancelled first."""
    await shared_starts(configurable).cancel_all()
    for backend in _backends.pop(topmost(configurable), {}).values():
        await backend.close()
