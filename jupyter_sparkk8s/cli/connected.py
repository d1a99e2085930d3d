"""What the verbs that ask a cluster share: its connection, the namespace meant, pods, and tables."""

from __future__ import annotations

import asyncio
import os
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..config.identity import username
from ..config.resolve import LaunchContext, resolve
from ..errors import ApiError, Cause
from ..kubernetes.client import Cluster
from ..kubernetes.kernels import ALL_PODS
from ..kubernetes.login import choose_access

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Sequence

    from ..config.traits import SparkK8s
    from ..models.driver import DriverSpec, JsonObject


@asynccontextmanager
async def connected(settings: SparkK8s) -> AsyncIterator[Cluster]:
    """An open connection with the settings' login. Raises ConfigurationError."""
    cluster = Cluster(settings.kubeconfig, settings.context)
    await cluster.open()
    try:
        yield cluster
    finally:
        await cluster.close()
        await asyncio.sleep(0)  # transports that were aborted end one turn of the loop later


def add_where(parser: argparse.ArgumentParser) -> None:
    """The options that say which namespace."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--namespace", help="namespace of the kernels' pods (c.SparkK8s.namespace)")
    where.add_argument(
        "--all-namespaces", action="store_true", help="all of the cluster; your login needs the right to list pods there"
    )


def specification(settings: SparkK8s, *, user: str = "", profile: str | None = None, server_id: str = "server") -> DriverSpec:
    """What a new kernel would be under these settings. Raises ConfigurationError."""
    access = choose_access(settings.access, settings.kubeconfig)
    launch = LaunchContext(
        kernel_id=str(uuid.uuid4()),
        username=user or username(),
        server_id=server_id,
        access=access,
        environ=os.environ,
        profile=profile,
    )
    return resolve(settings, launch)


def namespace_of(arguments: argparse.Namespace, settings: SparkK8s) -> str:
    """The namespace that is meant; empty for all."""
    if arguments.all_namespaces:
        return ""
    if arguments.namespace:
        return str(arguments.namespace)
    settings.image = settings.image or "any"  # which one does not matter here
    return specification(settings).namespace


async def pods_of(cluster: Cluster, namespace: str) -> list[JsonObject]:
    """All drivers and executors there. Raises ApiError that names the way out."""
    place = f"namespaces/{namespace}/" if namespace else ""
    try:
        answer = await cluster.request("GET", f"/api/v1/{place}pods", query=[("labelSelector", ALL_PODS)])
    except ApiError as error:
        if error.status != 403 or namespace:
            raise
        cause = Cause(f"Your login may not list the pods of all namespaces ({error.message}). Name one: --namespace.", "", "")
        raise ApiError(cause, status=403, reason=error.reason, message=error.message) from error
    found: list[JsonObject] = answer["items"]
    return found


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of texts, as wide as they must be."""
    lines = [heads, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
