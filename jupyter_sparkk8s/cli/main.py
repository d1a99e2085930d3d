"""The command ``jupyter sparkk8s``: finds the verb and says errors in one sentence."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from .._version import __version__
from ..errors import SparkK8sError
from . import check, install, ls, manifest, prune, rbac

if TYPE_CHECKING:
    from collections.abc import Sequence

_SILENT = logging.NullHandler()
VERBS = {"install": install, "rbac": rbac, "check": check, "manifest": manifest, "ls": ls, "prune": prune}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; its exit code. 2 for wrong usage, 1 for an error or for something found wrong."""
    parser = argparse.ArgumentParser(
        prog="jupyter sparkk8s",
        description="Tools for administrators of Spark kernels on Kubernetes; c.SparkK8s is read as by a server started here.",
        epilog="`jupyter sparkk8s VERB --help` says more. Exit codes: 0 right, 1 an error or something wrong, 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, module in VERBS.items():
        module.add_arguments(verbs.add_parser(name, help=module.HELP, description=module.HELP))
    arguments = parser.parse_args(argv)
    # What libraries and retries log would be printed beside our words, which say it again.
    logging.getLogger().addHandler(_SILENT)
    said = ""
    try:
        code: int = VERBS[arguments.verb].run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; Python would write the rest again at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, asyncio.CancelledError):
        said = "Interrupted."
    except SparkK8sError as error:
        said = " ".join(str(error).split())
    except OSError as error:
        said = f"{error.strerror or error}: {error.filename}. Check that you may write there." if error.filename else str(error)
    if said:
        print(f"jupyter sparkk8s {arguments.verb}: {said}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
