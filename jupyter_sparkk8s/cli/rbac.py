"""``jupyter sparkk8s rbac``: prints the accounts and rights that kernels need, and what keeps them apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from ..config.files import load_settings
from ..config.profiles import profiles_by_name
from ..config.resolve import LaunchContext, resolve
from ..errors import ConfigurationError
from ..kubernetes.cel import Texts
from ..kubernetes.manifests import executor_template
from ..kubernetes.names import PREFIX
from ..kubernetes.network_policy import network_policies
from ..kubernetes.policy import admission_policy, namespace_selector
from ..kubernetes.rbac import SERVER_ACCOUNT, cluster_roles, rbac, user_rbac
from ..models.driver import Access, DriverSpec

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..config.traits import SparkK8s
    from ..models.driver import JsonObject

HELP = "Print the ServiceAccounts, Roles and RoleBindings for a namespace, ready for `kubectl apply -f -`."
# Stand-ins whose words are found again in what the settings make of them.
_USER, _KERNEL, _SERVER = "policy-stand-in-user", "00000000-feed-4000-8000-00706f6c6963", "policy-stand-in-server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--namespace", help="namespace of the kernels' pods")
    where.add_argument(
        "--user-namespaces",
        nargs="*",
        metavar="USER",
        help="where c.SparkK8s.namespace holds {username}: the namespaces of these users with all that belongs there; without "
        "a name, what is applied once before: the ClusterRoles that are bound there, and one for whoever makes the namespaces",
    )
    parser.add_argument("--server-account", default=SERVER_ACCOUNT, help="ServiceAccount of the Jupyter server (%(default)s)")
    for role in ("driver", "executor"):
        parser.add_argument(f"--{role}-account", help=f"ServiceAccount of {role}s (c.SparkK8s.{role}_service_account)")
    parser.add_argument("--server-namespace", help="namespace of the server's ServiceAccount, where that is another")
    parser.add_argument(
        "--policy",
        action="store_true",
        help="also an admission policy that keeps notebooks of one namespace apart: it is made from c.SparkK8s, so print it "
        "again when volumes, users or groups change (Kubernetes 1.30 or later; applying it needs a cluster administrator)",
    )
    parser.add_argument(
        "--network-policy",
        action="store_true",
        help="also NetworkPolicies: drivers are reached by the server and by executors, executors by drivers and each other",
    )
    parser.add_argument(
        "--server-labels", default="", metavar="KEY=VALUE,…", help="labels of the Jupyter server's pods, for --network-policy"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the objects as YAML documents, with the accounts' names from the configuration."""
    # A copy through JSON: YAML would write what two places share as an alias.
    objects = json.loads(json.dumps(list(_objects(arguments, load_settings()))))
    print(yaml.safe_dump_all(objects, sort_keys=False, explicit_start=True, width=120), end="")
    return 0


def _objects(arguments: argparse.Namespace, settings: SparkK8s) -> Iterator[JsonObject]:
    if arguments.namespace:
        driver, executor = (_account(role, arguments, settings) for role in ("driver", "executor"))
        yield from rbac(arguments.namespace, arguments.server_account, driver, executor, arguments.server_namespace)
        yield from _network(arguments, arguments.namespace)
        if arguments.policy:
            yield from _policy(arguments, settings, f"{PREFIX}-drivers-{arguments.namespace}", arguments.namespace)
        return
    if not arguments.server_namespace:
        raise ConfigurationError("Say where the Jupyter servers' account lives, which serves all users: --server-namespace.")
    if "{username}" not in settings.namespace:
        raise ConfigurationError(
            f"c.SparkK8s.namespace = {settings.namespace!r} is one namespace for all. Write e.g. 'spark-{{username}}', or use "
            "--namespace."
        )
    if arguments.network_policy and not arguments.user_namespaces:
        raise ConfigurationError("NetworkPolicies belong to a namespace: name the users whose to print them for.")
    if arguments.policy and arguments.user_namespaces:
        raise ConfigurationError("The policy is one for the namespaces of all users: print it once, without their names.")
    if not arguments.user_namespaces:
        yield from cluster_roles()
        if arguments.policy:
            yield from _policy(arguments, settings, f"{PREFIX}-drivers")
    for user in arguments.user_namespaces:
        spec = _spec(settings, user)
        driver, executor = arguments.driver_account, arguments.executor_account
        accounts = driver or spec.driver.service_account, executor or spec.executor.service_account
        yield from user_rbac(spec.namespace, arguments.server_account, *accounts, arguments.server_namespace)
        yield from _network(arguments, spec.namespace)


def _network(arguments: argparse.Namespace, namespace: str) -> list[JsonObject]:
    labels = dict(item.partition("=")[::2] for item in arguments.server_labels.split(",") if item)
    return network_policies(namespace, arguments.server_namespace or namespace, labels) if arguments.network_policy else []


def _policy(arguments: argparse.Namespace, settings: SparkK8s, name: str, *namespaces: str) -> list[JsonObject]:
    specs = [_spec(settings, _USER, profile) for profile in (None, *profiles_by_name(settings))]
    accounts = [_account(role, arguments, settings) for role in ("driver", "executor")]
    texts = Texts(
        {specs[0].pod_name: "variables.pod", _USER: "variables.user"}, [_KERNEL, *([] if settings.server_id else [_SERVER])]
    )
    templates = [executor_template(spec) for spec in specs]
    return admission_policy(name, namespace_selector(*namespaces), accounts[0], accounts[1], templates, texts)


def _spec(settings: SparkK8s, user: str, profile: str | None = None) -> DriverSpec:
    settings.image = settings.image or "any"  # rights may be granted before an image is chosen
    server = settings.server_id or _SERVER
    return resolve(settings, LaunchContext(_KERNEL, user, server, Access.DIRECT, environ={}, profile=profile))


def _account(role: str, arguments: argparse.Namespace, settings: SparkK8s) -> str:
    """A ServiceAccount's name; a template is different for each user, so it can't be printed."""
    name: str = getattr(arguments, f"{role}_account") or getattr(settings, f"{role}_service_account")
    if "{" in name:
        raise ConfigurationError(f"c.SparkK8s.{role}_service_account = {name!r} is a template: give --{role}-account.")
    return name
