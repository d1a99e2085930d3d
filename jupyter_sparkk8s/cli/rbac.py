"""``jupyter sparkk8s rbac``: prints the accounts and rights that kernels need in one namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from ..config.files import load_settings
from ..kubernetes.rbac import SERVER_ACCOUNT, rbac

if TYPE_CHECKING:
    import argparse

HELP = "Print the ServiceAccounts, Roles and RoleBindings for a namespace, ready for `kubectl apply -f -`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--namespace", required=True, help="namespace of the kernels' pods")
    parser.add_argument("--server-account", default=SERVER_ACCOUNT, help="ServiceAccount of the Jupyter server (%(default)s)")


def run(arguments: argparse.Namespace) -> None:
    """Print the objects as YAML documents, with the accounts' names from the configuration."""
    settings = load_settings()
    objects = rbac(
        arguments.namespace,
        server=arguments.server_account,
        driver=settings.driver_service_account,
        executor=settings.executor_service_account,
    )
    print(yaml.safe_dump_all(objects, sort_keys=False, explicit_start=True), end="")
