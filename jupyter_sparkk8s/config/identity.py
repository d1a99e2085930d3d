"""Who the kernels belong to: the user's name and this server's lasting id.
An id is a locked file in Jupyter's data directory, so that a server that comes back knows its own kernels.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import uuid
from pathlib import Path
from typing import IO

from jupyter_core.paths import jupyter_data_dir


def username() -> str:
    """JupyterHub's user, else the operating system's; never taken from a launch request.

    A user id without a name, as containers have it, is told by its number.
    """
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


class ServerIdentity:
    """One id of this process, held by a file lock until the process ends or ``release()``.

    Two servers of one user in one directory get two ids; a server that comes back takes the one that its predecessor left.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or Path(jupyter_data_dir()) / "sparkk8s" / "servers"
        self._lock: IO[str] | None = None
        self._id = ""

    def acquire(self) -> str:
        """The id: an abandoned one if there is any, else a new one. Blocks for a few file operations only."""
        if self._id:
            return self._id
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in [*sorted(self._directory.glob("*.lock")), self._directory / f"{uuid.uuid4().hex[:12]}.lock"]:
            file = path.open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            self._lock, self._id = file, path.stem
            return self._id
        raise AssertionError("a new file can always be locked")

    def release(self) -> None:
        """Let another server have the id."""
        if self._lock is not None:
            self._lock.close()
        self._lock, self._id = None, ""
