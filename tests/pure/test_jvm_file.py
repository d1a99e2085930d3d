"""The command line of the JVM that starts beside a notebook's Python: that of Spark's own scripts, asked here of this machine's
Spark, and none at all where something is set that only those know.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark
import pytest

from jupyter_sparkk8s.spark import launch_files
from jupyter_sparkk8s.spark.java import find_java

if TYPE_CHECKING:
    from types import ModuleType

SPARK_HOME = Path(pyspark.__file__).parent


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(launch_files.__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


jvm, installed = load("jvm"), load("installed")


@pytest.fixture(autouse=True)
def _environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in jvm._VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPARK_HOME", str(SPARK_HOME))
    monkeypatch.setenv("JAVA_HOME", str(find_java({}).home))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))


def by_spark(settings: dict[str, str], folder: Path) -> list[str]:
    """What Spark's own launcher makes of the same settings."""
    (folder / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    java = str(find_java({}).command)
    line = [java, "-cp", f"{SPARK_HOME}/jars/*", "org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit"]
    environ = {**os.environ, "SPARK_SCALA_VERSION": "2.13"}  # as the script around it has it
    output = subprocess.run([*line, "pyspark-shell"], check=True, capture_output=True, text=True, env=environ).stdout
    return [part.strip() for part in output.split("\0") if part.strip()]


def sorted_options(line: list[str]) -> list[str]:
    """All of a command line but its class path."""
    at = line.index("-cp")
    return sorted(line[:at] + line[at + 2 :])


def test_it_is_the_command_line_of_spark_s_own_scripts(tmp_path: Path) -> None:
    settings = {
        "spark.driver.memory": "700m",
        "spark.driver.defaultJavaOptions": "-Da=b -XX:+UseSerialGC",
        "spark.driver.extraJavaOptions": '-Dc="two words"',
    }
    ours, theirs = jvm.command(installed, settings), by_spark(settings, tmp_path)
    assert sorted_options(ours) == sorted_options(theirs)
    path = ours[ours.index("-cp") + 1].split(":")
    assert path == [*map(str, sorted((SPARK_HOME / "jars").glob("*.jar"))), str(tmp_path)]


@pytest.mark.parametrize("name", sorted(jvm._SETTINGS))
def test_there_is_none_where_a_setting_changes_what_is_loaded(name: str) -> None:
    assert jvm.command(installed, {name: "x"}) is None


@pytest.mark.parametrize("name", sorted(jvm._VARIABLES))
def test_there_is_none_where_a_variable_is_for_spark_s_scripts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    assert jvm.command(installed, {}) is None


def test_there_is_none_without_java_or_spark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert jvm.command(installed, {}) is None
    monkeypatch.setenv("SPARK_HOME", str(SPARK_HOME))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert jvm.command(installed, {}) is None
