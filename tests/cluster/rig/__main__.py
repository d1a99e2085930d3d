"""The command line: `python3 -m tests.cluster.rig up | down | claim | outage`."""

from __future__ import annotations

import argparse
import os
import sys

from . import apiserver, cache, cluster
from .claims import make_claim
from .layout import Rig, from_environment
from .progress import RigError, say


def main() -> int:
    options = _parser().parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"  # a sudo without them is common
    try:
        rig = from_environment()
        options.run(rig, options)
    except RigError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 0


def _up(rig: Rig, _: argparse.Namespace) -> None:
    found = cluster.up(rig)
    say(f"the cluster is up. kubectl: {found['kubectl']}")
    print(f"export KUBECONFIG={found['kubeconfig']}\nexport SPARKK8S_TEST_IMAGE={found['image']}", flush=True)


def _down(rig: Rig, options: argparse.Namespace) -> None:
    removed = cluster.down(rig)
    if options.purge_cache:
        removed += [f"from the cache: {name}" for name in cache.purge(rig.cache)]
    for text in removed:
        say(f"removed: {text}")
    say("the cluster is down" if removed else "there was nothing to remove")


def _claim(rig: Rig, options: argparse.Namespace) -> None:
    _, api = cluster.running(rig)
    claim = make_claim(
        rig, api, options.namespace, options.name,
        owner=options.owner, mode=options.mode, subfolder=options.path, read_only=options.read_only,
    )  # fmt: skip
    print(claim.folder)


def _outage(rig: Rig, options: argparse.Namespace) -> None:
    _, api = cluster.running(rig)
    apiserver.outage(rig, api, options.seconds)


def owner(text: str) -> tuple[int, int]:
    """`UID:GID` as numbers. A ValueError is argparse's to report."""
    uid, _, gid = text.partition(":")
    return int(uid), int(gid)


def octal(text: str) -> int:
    """A mode as chmod(1) writes it."""
    return int(text, 8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.cluster.rig", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="up | down | claim | outage")
    up = verbs.add_parser("up", help="bring the cluster up; prints the two export lines last")
    up.set_defaults(run=_up)
    down = verbs.add_parser("down", help="end the cluster and remove all of it, also after a crash")
    down.add_argument("--purge-cache", action="store_true", help="drop what is slow to make as well")
    down.set_defaults(run=_down)
    claim = verbs.add_parser("claim", help="a folder of the CephFS as a bound claim; prints the folder")
    claim.add_argument("namespace")
    claim.add_argument("name")
    claim.add_argument(
        "--owner", type=owner, default="0:0", metavar="UID:GID", help="owner of the folder (default: %(default)s)"
    )
    claim.add_argument("--mode", type=octal, default="0755", metavar="OCTAL", help="mode of the folder (default: %(default)s)")
    claim.add_argument("--path", metavar="SUBFOLDER", help="folder in the CephFS (default: NAMESPACE/NAME)")
    claim.add_argument("--read-only", action="store_true", help="ReadOnlyMany; writing fails")
    claim.set_defaults(run=_claim)
    outage = verbs.add_parser("outage", help="the API server away for some seconds; what it stored stays")
    outage.add_argument("seconds", type=float)
    outage.set_defaults(run=_outage)
    return parser


if __name__ == "__main__":
    sys.exit(main())
