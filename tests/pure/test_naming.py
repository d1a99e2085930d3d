"""Executors' pods are named after their driver's, anew for each context."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files import naming


class Conf(dict[str, str]):
    """As Spark's SparkConf."""

    def clone(self) -> Conf:
        return Conf(self)

    def set(self, name: str, value: str) -> Conf:
        self[name] = value
        return self


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a context with these settings; returns those that Spark gets."""
    monkeypatch.setenv("SPARKK8S_POD", "spark-anna-1a2b3c4d-1")

    class Context:
        def _initialize_context(self, jconf: Conf) -> Conf:
            return jconf

    naming.join(SimpleNamespace(SparkContext=Context))
    return Context()._initialize_context


def test_each_context_has_a_name_of_its_own(started: Any) -> None:
    mine = Conf({"spark.app.name": "n" * 300})
    first, second = started(mine), started(mine)
    assert first == {"spark.app.name": "n" * 300, naming.PREFIX: "spark-anna-1a2b3c4d-1-1"}
    assert second[naming.PREFIX] == "spark-anna-1a2b3c4d-1-2"
    assert naming.PREFIX not in mine, "a notebook that keeps its settings makes the next context with them"


def test_settings_of_a_context_make_another_with_another_name(started: Any) -> None:
    assert started(started(Conf()))[naming.PREFIX] == "spark-anna-1a2b3c4d-1-2"


def test_a_notebook_may_choose(started: Any) -> None:
    assert started(Conf({naming.PREFIX: "mine"})) == {naming.PREFIX: "mine"}


def test_spark_connect_alone_is_left_as_it_is() -> None:
    naming.join(SimpleNamespace())
