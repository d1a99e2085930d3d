"""The cluster ring: on the user's cluster where one is given, else on one brought up for it and taken down after. Its browser
tests run where there is a Chromium.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.rings import browser
from tests.rings.result import BY_TWO, CHECKOUT, Result, State, and_alone, command, pytest

VARIABLES = ("KUBECONFIG", "SPARKK8S_TEST_IMAGE")
RIG = (sys.executable, "-m", "tests.cluster.rig")


def run() -> Result:
    """Run `tests/cluster`; where there is no cluster to run on, say why."""
    if all(os.environ.get(name) for name in VARIABLES):
        return _tests({})
    reason = obstacle()
    if reason:
        return Result(State.NOT_RUN, reason)
    with _own_cluster() as variables:
        if variables is None:
            return Result(State.FAILED, "the cluster did not come up: see its messages above")
        return _tests(variables)


def _tests(variables: dict[str, str]) -> Result:
    """Two files at a time, each process in a namespace of its own; then those that disturb others."""
    reason = browser.obstacle()
    chosen = "not alone and not long" + (" and not browser" if reason else "")
    together = pytest("cluster", "-m", chosen, *BY_TWO, env=variables)
    alone = pytest("cluster", "-m", "alone", env=variables, report="cluster-alone")
    return browser.noted(and_alone(together, alone), reason)


def obstacle() -> str | None:
    """Say why no cluster can be brought up here, or None."""
    way_out = f"or set {' and '.join(VARIABLES)} to use a cluster of yours"
    if not sys.platform.startswith("linux"):
        return f"needs Linux, this is {sys.platform}; {way_out}"
    if os.geteuid() != 0:
        return f"needs root to start a Kubernetes node; {way_out}"
    return None


@contextmanager
def _own_cluster() -> Iterator[dict[str, str] | None]:
    was_up = _is_up()
    try:
        yield _up()
    finally:
        if was_up or os.environ.get("KEEP_CLUSTER", "0") not in ("", "0"):
            print("The cluster stays up; `make cluster-down` ends it.", flush=True)
        else:
            command(*RIG, "down")


def _is_up() -> bool:
    # Imported here: the rig is for Linux alone.
    from tests.cluster.rig.cluster import running
    from tests.cluster.rig.layout import from_environment
    from tests.cluster.rig.progress import RigError

    try:
        running(from_environment())
    except RigError:
        return False
    return True


def _up() -> dict[str, str] | None:
    # Its progress goes to the terminal as it comes; the exports are its last lines.
    found: dict[str, str] = {}
    with subprocess.Popen((*RIG, "up"), cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                if match := re.fullmatch(r"export (\w+)=(['\"]?)(.*)\2\n?", line):
                    found[match[1]] = match[3]
        except BaseException:
            process.send_signal(signal.SIGINT)  # it takes down what is half up, and we wait for that
            raise
    return found if process.returncode == 0 and set(VARIABLES) <= found.keys() else None
