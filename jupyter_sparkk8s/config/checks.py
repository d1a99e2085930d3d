"""What is asked of the settings when a server starts: every profile at once, and what lies on the server itself.
So that a wrong value stops the server, and not somebody's kernel.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..errors import ConfigurationError
from ..models.driver import Access
from .profiles import described_profiles, profiles_by_name, with_profile
from .resolve import LaunchContext, resolve_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .traits import SparkK8s

# As long as a name can be in a template's place, so that what fits for it fits for all.
_LONGEST_NAME = "a-user-name-as-long-as-allowed"


def check(settings: SparkK8s, environ: Mapping[str, str] = os.environ) -> None:
    """Resolve every profile once. Raises ConfigurationError for the first value that can't be right.

    An image may be missing: then the server has not been configured for a cluster, and the kernel's start says so.
    """
    described_profiles(settings)
    for profile in [None, *profiles_by_name(settings)]:
        launch = LaunchContext(
            kernel_id="00000000-0000-0000-0000-000000000000",
            username=_LONGEST_NAME,
            server_id=settings.server_id or "server",
            access=Access.DIRECT,
            environ=environ,
            profile=profile,
        )
        resolve_values(with_profile(settings, profile), launch)
    _check_kubeconfig(settings, environ)
    if settings.access == Access.DIRECT.value and "KUBERNETES_SERVICE_HOST" not in environ:
        settings.log.warning(
            "c.SparkK8s.access = 'direct', and this server does not run in a cluster: kernels start only where pod addresses "
            "can be reached from here. 'auto' takes the way that works everywhere."
        )


def _check_kubeconfig(settings: SparkK8s, environ: Mapping[str, str]) -> None:
    if settings.kubeconfig:
        files = [Path(settings.kubeconfig).expanduser()]
        if not files[0].is_file():
            raise ConfigurationError(
                f"c.SparkK8s.kubeconfig = {settings.kubeconfig!r}: there is no such file on this server. Name a kubeconfig "
                "file, or leave it out for $KUBECONFIG, ~/.kube/config or the pod's account."
            )
    elif settings.context:
        names = environ.get("KUBECONFIG") or "~/.kube/config"
        files = [path for name in names.split(os.pathsep) if (path := Path(name).expanduser()).is_file()]
    else:
        return
    known = [context for file in files for context in _contexts(file, settings)]
    if settings.context and settings.context not in known:
        begin, where = f"c.SparkK8s.context = {settings.context!r}", " or ".join(map(str, files))
        if not files:
            raise ConfigurationError(
                f"{begin}, and there is no kubeconfig file on this server. Name one, or leave the context out."
            )
        raise ConfigurationError(f"{begin} is no context of {where}; it has {', '.join(known) or 'none'}.")


def _contexts(file: Path, settings: SparkK8s) -> list[str]:
    """The names of a kubeconfig file's contexts. Raises ConfigurationError for a file that is no such."""
    try:
        content: Any = yaml.safe_load(file.read_text())
        return [str(item["name"]) for item in content.get("contexts") or []]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        begin = f"c.SparkK8s.kubeconfig = {settings.kubeconfig!r}" if settings.kubeconfig else f"The kubeconfig file {file}"
        words = " ".join(str(error).split())
        raise ConfigurationError(f"{begin} can't be read as a kubeconfig: {words}. Name one that `kubectl` takes.") from error
