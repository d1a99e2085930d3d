"""Finds Chromium, and installs it where that needs no question: as root on Debian or Ubuntu. Where it can't be had, a ring
says so.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

from tests.rings.result import Result, State, command, everything_required

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium, or None; SPARKK8S_CHROMIUM names one that is elsewhere."""
    given = os.environ.get("SPARKK8S_CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


def obstacle() -> str | None:
    """Say why no browser test can run here, or None; installs Chromium where it can."""
    if find():
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "no Chromium here, and only root on Debian or Ubuntu can install it: apt install chromium"
    # A fresh image has no package lists; fonts, because without any the page has no text to look at.
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    packages = ("chromium", "fonts-dejavu-core")
    command("apt-get", "update", "-qq", env=quiet)
    command("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)
    return None if find() else "Chromium could not be installed: see apt's message above"


def noted(result: Result, reason: str | None) -> Result:
    """A ring's result that says why its browser tests were left out; None where they were not."""
    if reason is None:
        return result
    state = State.FAILED if everything_required() else result.state
    return replace(result, state=state, notes=[*result.notes, f"browser tests DID NOT RUN: {reason}"])
