"""Settings of a cell: which need a new JVM, which a notebook can't choose, and what is a use of a session."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files import cancel, contexts, hooks, settings

CLUSTER = "spark.master k8s://https\\://10.0.0.1\\:443\nspark.driver.host 10.1.0.7\nspark.driver.memory 900m\n"


@pytest.fixture
def _in_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spark-defaults.conf").write_text(CLUSTER)
    (tmp_path / "memory.max").write_text(f"{2 << 30}\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setattr(settings, "_LIMITS", (str(tmp_path / "none"), str(tmp_path / "memory.max")))


@pytest.mark.usefixtures("_in_a_pod")
def test_where_spark_runs_and_what_the_pod_has_is_not_the_cell_s_to_say() -> None:
    asked = {"spark.master": "local[*]", "spark.driver.host": "localhost", "spark.driver.memory": "4g", "spark.x": "y"}
    reasons = settings.left_out(asked)
    assert set(reasons) == {"spark.master", "spark.driver.host", "spark.driver.memory"}
    assert reasons["spark.master"] == "in this notebook Spark runs with spark.master=k8s://https://10.0.0.1:443."
    assert "may use 2048 MiB in all" in reasons["spark.driver.memory"]


@pytest.mark.usefixtures("_in_a_pod")
@pytest.mark.parametrize("memory", ["2g", "1024", "1000000k", "2048m", "2048MB", "2147483648b", "much"])
def test_a_driver_that_fits_is_the_cell_s_to_say(memory: str) -> None:
    assert settings.left_out({"spark.driver.memory": memory, "spark.driver.host": "10.1.0.7"}) == {}


def test_nothing_is_left_out_where_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    monkeypatch.setattr(settings, "_LIMITS", ())
    assert settings.left_out({"spark.master": "local", "spark.driver.memory": "900g"}) == {}


@pytest.mark.parametrize(
    ("name", "needs_jvm"),
    [
        ("spark.jars", True),
        ("spark.jars.packages", True),
        ("spark.jars.ivySettings", True),
        ("spark.submit.pyFiles", True),
        ("spark.driver.memory", True),
        ("spark.driver.extraJavaOptions", True),
        ("spark.driver.defaultJavaOptions", True),
        ("spark.driver.extraClassPath", True),
        ("spark.driver.memoryOverhead", False),
        ("spark.driver.maxResultSize", False),
        ("spark.executor.memory", False),
        ("spark.executor.extraJavaOptions", False),
        ("spark.sql.extensions", False),
    ],
)
def test_what_needs_a_new_jvm(name: str, needs_jvm: bool) -> None:
    assert settings.Late(name, "a", None).needs_jvm == needs_jvm


def frames(*modules: str) -> Any:
    """A stack of calls, the innermost first, each in a module of that name and a function named after a slash."""
    back = None
    for module in reversed(modules):
        name, _, function = module.partition("/")
        back = SimpleNamespace(f_globals={"__name__": name}, f_code=SimpleNamespace(co_name=function), f_back=back)
    return back


@pytest.mark.parametrize(
    ("stack", "use"),
    [
        (("py4j.java_gateway", "pyspark.sql.session/range", "__main__"), True),
        (("py4j.java_gateway", "__main__"), True),
        (("py4j.java_gateway", "mylib.tables"), True),
        (("py4j.java_gateway", "pyspark.conf/set", "__main__"), False),
        (("py4j.java_collections", "_collections_abc", "pyspark.conf/getAll", "__main__"), False),
        (("py4j.java_gateway", "pyspark.core.context/stop", "__main__"), False),
        (("py4j.java_gateway", "pyspark.sql.session/catalog", "IPython.core.guarded_eval", "__main__"), False),
        (("py4j.java_gateway", "jedi.inference.compiled.access"), False),
        (("py4j.java_gateway", "_sparkk8s_cancel", "__main__"), False),
    ],
)
def test_a_use_of_the_session_is_more_than_a_look_at_it(stack: tuple[str, ...], use: bool) -> None:
    assert contexts._is_use(frames(*stack)) == use


def job(group: str | None, submitted: float) -> Any:
    """A job as Spark's status store has it."""

    def option(value: Any) -> Any:
        return SimpleNamespace(isDefined=lambda: value is not None, get=lambda: value)

    return SimpleNamespace(
        jobGroup=lambda: option(group), submissionTime=lambda: option(SimpleNamespace(getTime=lambda: submitted))
    )


def test_which_jobs_are_of_the_cell_that_is_interrupted() -> None:
    began, ended = 100.0004, 200.0
    assert cancel._is_of(job(None, 100_000), began, ended, set())
    assert cancel._is_of(job("mine", 150_000), began, ended, {"query"})
    assert not cancel._is_of(job("query", 150_000), began, ended, {"query"})
    assert not cancel._is_of(job(None, 99_999), began, ended, set())
    assert not cancel._is_of(job(None, 200_000), began, ended, set())
    assert cancel._is_of(job(None, 10**15), began, float("inf"), set())


def test_modules_are_met_once_when_they_are_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sparkk8s_met.py").write_text("ready = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    finders = list(sys.meta_path)
    met: list[tuple[str, ModuleType]] = []
    hooks.after_import("sparkk8s_met", lambda module: met.append(("first", module)))
    hooks.after_import("sparkk8s_met", lambda module: met.append(("second", module)))
    assert met == []
    module = __import__("sparkk8s_met")
    assert met == [("first", module), ("second", module)]
    assert module.ready
    assert sys.meta_path == finders
    hooks.after_import("sparkk8s_met", lambda module: met.append(("later", module)))
    assert met[2:] == [("later", module)]
    del sys.modules["sparkk8s_met"]
