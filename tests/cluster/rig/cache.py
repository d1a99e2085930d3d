"""What is slow to make is kept, each artefact in a folder named by a hash of all that goes into it.

An artefact's folder appears by a rename, so it is whole or not there. Knows nothing about what the artefacts are.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .folders import delete, unmount_below
from .progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_KEPT = 2
"""Folders kept per artefact: changing between two branches costs nothing, and the cache stays bounded."""


def key(*parts: str | Path | list[Path]) -> str:
    """A hash (16 hex digits) over texts, and over names, contents and executable bits of files and whole folders.

    A list of files counts as a folder that holds these files alone.
    """
    digest = hashlib.sha256()

    def feed(kind: bytes, value: bytes) -> None:
        digest.update(kind + len(value).to_bytes(8, "big") + value)

    for part in parts:
        if isinstance(part, str):
            feed(b"t", part.encode())
            continue
        if isinstance(part, list):
            files = [(file.name, file) for file in sorted(part)]
        elif part.is_dir():
            files = [(path.relative_to(part).as_posix(), path) for path in sorted(part.rglob("*")) if path.is_file()]
        else:
            files = [(".", part)]
        for name, file in files:
            feed(b"n", name.encode())
            feed(b"x" if os.access(file, os.X_OK) else b"f", file.read_bytes())
    return digest.hexdigest()[:16]


def obtain(cache: Path, name: str, of: str, make: Callable[[Path], None], cost: str) -> Path:
    """The folder of artefact `name` with key `of`; where it is missing, `make(folder)` fills it. `cost`: said to who waits."""
    folder = cache / name / of
    if folder.is_dir():
        _use(folder)
        return folder
    with _exclusive(cache):
        if folder.is_dir():  # made by another run while this one waited
            return folder
        say(f"{name}: not in the cache yet, making it ({cost})")
        began = time.monotonic()
        draft = cache / "draft" / name
        _drop(draft.parent)  # a killed run's
        draft.mkdir(parents=True)
        try:
            make(draft)
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(folder)
        finally:
            _drop(draft.parent)
        say(f"{name}: made in {time.monotonic() - began:.0f} s, kept in {folder}")
    _use(folder)
    for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)[_KEPT:]:
        delete(old)
    return folder


def _use(folder: Path) -> None:
    """Note when an artefact was used last, finer than the file system's own clock ticks."""
    os.utime(folder, ns=(time.time_ns(), time.time_ns()))


def _drop(folder: Path) -> None:
    unmount_below(folder)  # a killed debootstrap leaves /proc and /sys mounted in there
    delete(folder)


def purge(cache: Path) -> list[str]:
    """Drop all artefacts; names of what went. Clusters that run (`live`) stay whole: their files are hard links."""
    gone = [path for path in sorted(cache.iterdir()) if path.name not in ("live", "lock")] if cache.is_dir() else []
    for path in gone:
        _drop(path)
    return [path.name for path in gone]


@contextmanager
def _exclusive(cache: Path) -> Iterator[None]:
    """One maker at a time: two builds at once take longer than one after the other."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
