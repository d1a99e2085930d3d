"""What the kernels of one application share: backends, and the starts under way. Kept by the topmost configurable
(the Jupyter server), so that they live as long as it does and two servers in one process do not meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..config.files import load_settings
from .starts import Starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from traitlets.config import Configurable

    from ..backends.base import Backend
    from ..config.traits import SparkK8s

    Maker = Callable[[SparkK8s], Backend]

_backends: WeakKeyDictionary[Configurable, dict[Maker, Backend]] = WeakKeyDictionary()
_starts: WeakKeyDictionary[Configurable, Starts] = WeakKeyDictionary()


def topmost(configurable: Configurable) -> Configurable:
    """The application above ``configurable``; itself where there is none."""
    while configurable.parent is not None:
        configurable = configurable.parent
    return configurable


def shared_backend(configurable: Configurable, make: Maker) -> Backend:
    """The backend of the application above ``configurable``; ``make`` makes it from the settings, once."""
    application = topmost(configurable)
    backends = _backends.setdefault(application, {})
    if make not in backends:
        backends[make] = make(load_settings(application))
    return backends[make]


def shared_starts(configurable: Configurable) -> Starts:
    """The starts under way of the application above ``configurable``."""
    return _starts.setdefault(topmost(configurable), Starts())


async def close_backends(configurable: Configurable) -> None:
    """End what the application's kernels shared: starts are cancelled first."""
    await shared_starts(configurable).cancel_all()
    for backend in _backends.pop(topmost(configurable), {}).values():
        await backend.close()
