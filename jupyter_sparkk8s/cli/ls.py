"""``jupyter sparkk8s ls``: the kernels on the cluster."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..config.files import load_settings
from ..kubernetes.kernels import Kernel, in_words, kernels
from .connected import add_where, connected, namespace_of, pods_of, table

if TYPE_CHECKING:
    import argparse

    from ..config.traits import SparkK8s

HELP = "List the kernels on the cluster: whose, how old, with how many executors."
_HEADS = ("NAMESPACE", "POD", "OWNER", "PHASE", "AGE", "EXECUTORS", "SERVER", "KERNEL")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add_where(parser)
    parser.add_argument("--json", action="store_true", help="a JSON list; ages are seconds")


def run(arguments: argparse.Namespace) -> int:
    """Print the kernels, oldest first."""
    settings = load_settings()
    namespace = namespace_of(arguments, settings)
    found = asyncio.run(_kernels(settings, namespace))
    if arguments.json:
        print(json.dumps([kernel.as_json() for kernel in found], indent=1))
    elif found:
        print(table(_HEADS, [_row(kernel) for kernel in found]))
    else:
        print(f"There are no kernels in {f'namespace {namespace}' if namespace else 'any namespace'}.")
    return 0


async def _kernels(settings: SparkK8s, namespace: str) -> list[Kernel]:
    async with connected(settings) as cluster:
        return kernels(await pods_of(cluster, namespace), datetime.now(timezone.utc))


def _row(kernel: Kernel) -> tuple[object, ...]:
    running = f"{kernel.executors}/{kernel.executors_total}"
    age = in_words(kernel.age_s)
    return (kernel.namespace, kernel.pod, kernel.owner, kernel.phase, age, running, kernel.server, kernel.kernel_id)
