"""The private directory of one local launch: connection file, Spark's configuration, a SPARK_HOME, logs, scratch space.

It lies in the system's temporary directory, locked while its server lives, so that what a killed server left is found
and removed by the next one. Nothing is written into installed packages: SPARK_HOME is a directory of links to pyspark's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ..errors import Cause, LaunchError
from ..models.local import LocalPlaces

INSTALL = "pip install --upgrade 'jupyter-sparkk8s[local]'"
_PREFIX = "sparkk8s-local-"


class LocalHome:
    """The directory of one launch, mode 0700. All methods are file operations: call them off the event loop."""

    def __init__(self, name: str, parent: Path | None = None) -> None:
        """Make the directory, in ``parent`` or the system's temporary directory. Raises OSError where that can't be."""
        parent = parent or temporary_directory()
        _remove_abandoned(parent)
        made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}{name}-", dir=parent))
        # The lock also keeps systemd-tmpfiles away.
        self._lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Found by others only now: a launch beside this one would take it for abandoned before it is locked.
        self.path = made.rename(made.with_name(made.name[1:]))
        self.conf = self._directory("conf")
        self.spark = self._directory("spark")
        self.places = LocalPlaces(
            scratch=self._directory("scratch"), warehouse=self.path / "warehouse", derby=self._directory("derby")
        )
        self.kernel_log = self.path / "kernel.log"
        self.spark_log = self.path / "spark.log"

    def _directory(self, name: str) -> Path:
        path = self.path / name
        path.mkdir()
        return path

    def write(self, name: str, text: str) -> Path:
        """Write a file of this directory; its path."""
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return path

    def link_spark(self, installed: Path) -> None:
        """Make ``spark`` a SPARK_HOME: local-cluster's workers write into it."""
        for entry in installed.iterdir():
            if entry.name not in ("work", "conf", "logs", "__pycache__"):
                (self.spark / entry.name).symlink_to(entry)

    def output(self, lines: int) -> str:
        """The last lines that the kernel's process wrote."""
        try:
            return "\n".join(self.kernel_log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def remove(self) -> None:
        """Delete the directory and all in it. May take long where Spark left much; may be called twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def temporary_directory() -> Path:
    """The system's temporary directory, or ``/tmp`` where its path holds a blank: Spark's scripts don't quote theirs."""
    path = tempfile.gettempdir()
    return Path("/tmp" if any(char.isspace() for char in path) else path)  # noqa: S108 - only private directories in it


def _remove_abandoned(parent: Path) -> None:
    """Delete what servers of this user that were killed have left."""
    for path in parent.glob(f"{_PREFIX}*"):
        try:
            if path.is_symlink() or path.stat().st_uid != os.getuid():
                continue
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass  # its server lives
        finally:
            os.close(lock)


def installed_spark(spark_home: str | None) -> Path:
    """Where the Spark of this Python's pyspark is: in its wheel, else ``spark_home`` (a Spark whose Python part is on the
    path). Raises LaunchError where pyspark or its Java part is missing.
    """
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise LaunchError(_missing("pyspark is not installed in this Jupyter server's Python."))
    for home in [Path(spec.origin).parent, *([Path(spark_home)] if spark_home else [])]:
        if (home / "bin" / "spark-submit").exists() and (home / "jars").is_dir():
            return home
    raise LaunchError(_missing(f"pyspark in {Path(spec.origin).parent} has no Spark with it."))


def need_ipykernel() -> None:
    """Raises LaunchError where this Python has no ipykernel."""
    if find_spec("ipykernel") is None:
        raise LaunchError(_missing("ipykernel is not installed in this Jupyter server's Python."))


def _missing(title: str) -> Cause:
    return Cause(title, "", f"Run {INSTALL} in it, then start the kernel again.")
