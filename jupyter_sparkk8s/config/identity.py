"""Who the kernels belong to: the user's name and this server's lasting id.
An id is a locked file in Jupyter's data directory, so that a server that comes back knows its own kernels. The file lists
where it had some: lines of an API server's address and a namespace.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from jupyter_core.paths import jupyter_data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator


def username() -> str:
    """JupyterHub's user, else the operating system's; never taken from a launch request.

    A user id without a name, as containers have it, is told by its number.
    """
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


class ServerIdentity:
    """One id of this process, held by a file lock until the process ends or ``release()``; ``fixed`` is an administrator's.

    Two servers of one user in one directory get two ids; a server that comes back takes the one that its predecessor left.
    Where files can't be locked (some network file systems, a read-only home) the id is a new one that nobody will find again.
    """

    def __init__(self, directory: Path | None = None, fixed: str = "") -> None:
        self._directory = directory or Path(jupyter_data_dir()) / "sparkk8s" / "servers"
        self._fixed = fixed
        self._lock: IO[str] | None = None
        self._id = ""

    def acquire(self) -> str:
        """The id: the fixed one, an abandoned one if there is any, else a new one. A few file operations, the first time."""
        if not self._id:
            fresh = self._directory / f"{self._fixed or uuid.uuid4().hex[:12]}.lock"
            for path in [*([] if self._fixed else self._others()), fresh]:
                self._lock, self._id = _locked(path), path.stem
                if self._lock is not None:
                    break
        return self._id

    @property
    def is_ours(self) -> bool:
        """Whether no other server has the id: only then it is known whose kernels bear it."""
        return self._lock is not None

    def note(self, cluster: str, namespace: str) -> None:
        """Write down that this id has kernels in ``namespace`` of ``cluster``, its API server's address."""
        if self._lock is not None and (cluster, namespace) not in _places(self._lock):
            self._lock.write(f"{cluster} {namespace}\n")
            self._lock.flush()

    def namespaces(self, cluster: str) -> list[str]:
        """Where this id, in this process or in one before it, has had kernels on ``cluster``."""
        return [namespace for where, namespace in _places(self._lock) if where == cluster] if self._lock is not None else []

    def has_past(self) -> bool:
        """Whether any server has been here before: without one there is nothing to sweep."""
        return bool(self._others())

    @contextmanager
    def abandoned(self, cluster: str) -> Iterator[dict[str, list[str]]]:
        """The ids of servers that ended and did not come back, each with its namespaces on ``cluster``; locked meanwhile, and
        removed afterwards where there is nothing of theirs on another one.
        """
        locks = {path: lock for path in self._others() if path.stem != self._id and (lock := _locked(path)) is not None}
        places = {path: _places(lock) for path, lock in locks.items()}
        try:
            yield {path.stem: [name for where, name in found if where == cluster] for path, found in places.items()}
            for path, found in places.items():
                if all(where == cluster for where, _ in found):
                    path.unlink(missing_ok=True)
        finally:
            for lock in locks.values():
                lock.close()

    @contextmanager
    def ended(self) -> Iterator[tuple[set[str], set[str]]]:
        """The ids of servers of this directory that ended, which nobody can take meanwhile, and of those that live."""
        locks = {path.stem: _locked(path) for path in self._others()}
        try:
            yield {name for name, lock in locks.items() if lock}, {name for name, lock in locks.items() if not lock}
        finally:
            for lock in filter(None, locks.values()):
                lock.close()

    def _others(self) -> list[Path]:
        return sorted(self._directory.glob("*.lock"))

    def release(self) -> None:
        """Let another server have the id."""
        if self._lock is not None:
            self._lock.close()
        self._lock, self._id = None, ""


def _locked(path: Path) -> IO[str] | None:
    """The file, open and locked; None where another process has it or it can't be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("a+")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # One that was removed between our opening and our locking it keeps nobody else away.
        if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            return file
    except OSError:
        pass
    file.close()
    return None


def _places(file: IO[str]) -> list[tuple[str, str]]:
    file.seek(0)
    return [(cluster, namespace) for cluster, _, namespace in (line.strip().partition(" ") for line in file) if namespace]
