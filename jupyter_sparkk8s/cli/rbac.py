"""``jupyter sparkk8s rbac``: prints the accounts and rights that kernels need in one namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from ..config.files import load_settings
from ..errors import ConfigurationError
from ..kubernetes.rbac import SERVER_ACCOUNT, rbac

if TYPE_CHECKING:
    import argparse

HELP = "Print the ServiceAccounts, Roles and RoleBindings for a namespace, ready for `kubectl apply -f -`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--namespace", required=True, help="namespace of the kernels' pods")
    parser.add_argument("--server-account", default=SERVER_ACCOUNT, help="ServiceAccount of the Jupyter server (%(default)s)")
    for role in ("driver", "executor"):
        parser.add_argument(f"--{role}-account", help=f"ServiceAccount of {role}s (c.SparkK8s.{role}_service_account)")
    parser.add_argument("--server-namespace", help="namespace of the server's ServiceAccount, where that is another")


def run(arguments: argparse.Namespace) -> None:
    """Print the objects as YAML documents, with the accounts' names from the configuration."""
    settings = load_settings()
    objects = rbac(
        arguments.namespace,
        server=arguments.server_account,
        driver=_account("driver", arguments.driver_account or settings.driver_service_account),
        executor=_account("executor", arguments.executor_account or settings.executor_service_account),
        server_namespace=arguments.server_namespace,
    )
    print(yaml.safe_dump_all(objects, sort_keys=False, explicit_start=True), end="")


def _account(role: str, name: str) -> str:
    """A ServiceAccount's name; a template is different for each user, so it can't be printed."""
    if "{" in name:
        raise ConfigurationError(f"c.SparkK8s.{role}_service_account = {name!r} is a template: give --{role}-account.")
    return name
