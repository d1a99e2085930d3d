"""The command ``jupyter sparkk8s``: finds the verb and says errors in one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from .._version import __version__
from ..errors import SparkK8sError
from . import manifest, rbac

if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS = {"manifest": manifest, "rbac": rbac}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; its exit code. 2 for wrong usage, 1 for an error."""
    parser = argparse.ArgumentParser(
        prog="jupyter sparkk8s", description="Tools for administrators of Spark kernels on Kubernetes."
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, module in VERBS.items():
        module.add_arguments(verbs.add_parser(name, help=module.HELP, description=module.HELP))
    arguments = parser.parse_args(argv)
    try:
        VERBS[arguments.verb].run(arguments)
        sys.stdout.flush()
    except SparkK8sError as error:
        print(f"jupyter sparkk8s {arguments.verb}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `| head` has seen enough; Python would write the rest again at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
