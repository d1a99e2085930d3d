"""What an image has of Spark: Java, the jars and their versions, and perhaps an archive of loaded classes.
Asked by the driver's first process, its kernel and its executors, each in its own image.
"""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# An image may name a dynamic archive of classes (-XX:ArchiveClassesAtExit), made with Spark's jars in the order of their names
# as the class path: a JVM with it starts in about two thirds of the time. Java ignores one that does not fit.
ARCHIVE = "SPARKK8S_CLASS_ARCHIVE"
# Java puts an archive at a random address unless told not to, and writes all of it (0.3 to 0.6 s, 200 MB) to move it there.
_AS_MADE = ["-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0"]


def java() -> str | None:
    """Path of the Java command that Spark's own scripts would take; None where there is none."""
    from shutil import which

    home = os.environ.get("JAVA_HOME")
    return which(os.path.join(home, "bin", "java")) if home else which("java")


def folder_of(package: str) -> str | None:
    """Where Python would find a package; None where it would not. A folder that only has its name is none."""
    spec = find_spec(package)
    return None if spec is None or spec.origin is None else os.path.dirname(spec.origin)


def home() -> str | None:
    """SPARK_HOME, else the folder of the pyspark package; None where there is neither."""
    return os.environ.get("SPARK_HOME") or folder_of("pyspark")


def jars() -> list[str]:
    """Paths of Spark's jars in the order of their names; none where there is no Spark."""
    folder = os.path.join(home() or "", "jars")
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".jar")]
    except OSError:
        return []


def versions(paths: Sequence[str]) -> dict[str, str]:
    """Of what must be the same in driver and executors; Spark's by its jars' names, as it does not run yet."""
    found = {"Python": "{}.{}".format(*sys.version_info)}
    for match in filter(None, (re.search(r"/spark-core_[\d.]+-(.+)\.jar$", path) for path in paths)):
        found["Spark"] = match[1]
    return found


def class_path(paths: Sequence[str], before: Sequence[str | None], after: Sequence[str | None]) -> list[str]:
    """Java's options for a class path: the jars between what must come before and after them. Nothing may come before them
    for an archive to fit.
    """
    archive = os.environ.get(ARCHIVE, "")
    options = [*_AS_MADE, "-XX:SharedArchiveFile=" + archive] if os.path.isfile(archive) and not any(before) else []
    return [*options, "-cp", ":".join(part for part in (*before, *paths, *after) if part)]
