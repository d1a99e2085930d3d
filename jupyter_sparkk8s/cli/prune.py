"""``jupyter sparkk8s prune``: deletes what killed servers have left; without ``--yes`` it only says what that would be."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..config.files import load_settings
from ..config.identity import ServerIdentity
from ..kubernetes.kernels import Leftover, in_words, kernels, leftovers
from .connected import add_where, connected, namespace_of, pods_of, table

if TYPE_CHECKING:
    import argparse

    from ..config.traits import SparkK8s

HELP = (
    "Delete pods that nobody needs any more: of servers of yours that ended and did not come back, of kernels that ended, "
    "executors without a driver. Says what it would delete and why; with --yes it does."
)
_HEADS = ("NAMESPACE", "POD", "OWNER", "AGE", "WHY")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add_where(parser)
    parser.add_argument("--yes", action="store_true", help="delete them")
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="ID",
        help="also all kernels of the server with this id (`jupyter sparkk8s ls` shows it), even if it lives; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="a JSON list of the pods, with the reasons and whether deleted")


def run(arguments: argparse.Namespace) -> int:
    """Find what is left over, delete it if asked, and say so."""
    settings = load_settings()
    namespace = namespace_of(arguments, settings)
    found, others, deleted = asyncio.run(_prune(settings, namespace, arguments.server, arguments.yes))
    if arguments.json:
        print(json.dumps([asdict(each) | {"deleted": each.uid in deleted} for each in found], indent=1))
        return 0
    if found:
        print(table(_HEADS, [(each.namespace, each.pod, each.owner, in_words(each.age_s), each.why) for each in found]))
    pods = "1 pod" if len(found) == 1 else f"{len(found)} pods"
    if arguments.yes:
        print(f"Deleted {len(deleted)} of {pods}.")
    else:
        print(f"Would delete {pods}: run it again with --yes." if found else "Nothing is left over.")
    if others:
        servers = ", ".join(sorted(others))
        print(f"Left alone: kernels of servers that live, or that this machine does not know ({servers}); see --server.")
    return 0


async def _prune(
    settings: SparkK8s, namespace: str, asked: list[str], delete: bool
) -> tuple[list[Leftover], set[str], set[str]]:
    """What is left over, the servers of all other kernels, and the uids of what was deleted."""
    identity = ServerIdentity()
    async with connected(settings) as cluster:
        # A server that starts now can't take one of these ids before we are done.
        with identity.ended() as (ended, living):
            pods, now = await pods_of(cluster, namespace), datetime.now(timezone.utc)
            found = leftovers(pods, now, ended, living, asked)
            gone = {
                each.uid
                for each in (found if delete else [])
                if await cluster.delete("pods", each.namespace, each.pod, uid=each.uid, grace_s=1)
            }
        left = {each.uid for each in found}
        return found, {kernel.server for kernel in kernels(pods, now) if kernel.uid not in left}, gone
