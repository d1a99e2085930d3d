"""Deletes the drivers that a server left behind when it was killed: those that bear an id of which we hold the lock.
Leaves out their executors and Secrets: a driver owns them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SparkK8sError
from ..kubernetes.names import drivers_of

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection

    from ..config.identity import ServerIdentity
    from ..kubernetes.client import Cluster


async def sweep(cluster: Cluster, identity: ServerIdentity, living: Callable[[], Collection[str]], log: logging.Logger) -> None:
    """Delete the orphans of our own id (drivers whose names ``living`` does not give) and of ids that nobody uses any more.

    Raises SparkK8sError; then all is found again by the next sweep.
    """
    own, host = identity.acquire(), cluster.host
    if identity.is_ours:
        await _delete_orphans(cluster, own, identity.namespaces(host), living, log)
    with identity.abandoned(host) as ids:
        for server_id, namespaces in ids.items():
            await _delete_orphans(cluster, server_id, namespaces, tuple, log)


async def _delete_orphans(
    cluster: Cluster, server_id: str, namespaces: list[str], living: Callable[[], Collection[str]], log: logging.Logger
) -> None:
    for namespace in namespaces:
        path, query = f"/api/v1/namespaces/{namespace}/pods", [("labelSelector", drivers_of(server_id))]
        for pod in (await cluster.request("GET", path, query=query))["items"]:
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            if name in living() or "deletionTimestamp" in pod["metadata"]:
                continue
            log.warning("Deleting pod %s, which a server of yours that was killed has left", name)
            try:
                await cluster.delete("pods", namespace, name, uid=uid, grace_s=1)
            except SparkK8sError as error:
                log.warning("It can't be deleted: %s", error)
