"""``jupyter sparkk8s manifest``: prints exactly what a kernel would create, without asking a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from ..backends.base import CHANNELS, LaunchRequest
from ..backends.connection import connection_file, connection_info, pod_ports
from ..backends.launch_set import driver_env, launch_set
from ..config.files import load_settings
from ..config.identity import username
from ..kubernetes.manifests import driver_pod, launch_secret
from ..models.driver import Access, DriverSpec, JsonObject
from .connected import specification

if TYPE_CHECKING:
    import argparse

HELP = "Print the Pod and the Secret that a kernel would create, under this configuration."
_AT_LAUNCH = "(made at launch)"
_UID = "(the pod's uid)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--profile", help="a name from c.SparkK8s.profiles")
    parser.add_argument("--user", default=username(), help="user whose kernel it is (%(default)s)")
    parser.add_argument("--json", action="store_true", help="a JSON list instead of YAML documents")


def run(arguments: argparse.Namespace) -> int:
    """Print the objects; what is chosen at random at each launch is named as such."""
    settings = load_settings()
    spec = specification(settings, user=arguments.user, profile=arguments.profile, server_id=settings.server_id or "server")
    objects = manifest(spec)
    if arguments.json:
        print(json.dumps(objects, indent=1))
    else:
        print(yaml.safe_dump_all(objects, sort_keys=False, explicit_start=True), end="")
    return 0


def manifest(spec: DriverSpec) -> list[JsonObject]:
    """The Pod and the Secret of one launch, without its secrets."""
    request = LaunchRequest(spec.kernel_id, _AT_LAUNCH.encode(), "hmac-sha256")
    ports = dict(zip(CHANNELS, pod_ports(()), strict=True))
    relayed = spec.access is Access.PORT_FORWARD
    info = connection_info(request, "127.0.0.1" if relayed else "0.0.0.0", ports, encrypted=False)  # noqa: S104
    if spec.encrypted:
        info |= {"curve_publickey": _AT_LAUNCH, "curve_secretkey": _AT_LAUNCH}
    files = launch_set(spec, connection_file(info, "spark-k8s"), _AT_LAUNCH, _AT_LAUNCH, _AT_LAUNCH if relayed else "")
    env = driver_env(spec) | ({"SPARKK8S_RELAY_PORT": _AT_LAUNCH} if relayed else {})
    return [driver_pod(spec, files, env), launch_secret(spec, files, _UID)]
