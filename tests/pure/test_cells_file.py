"""When a cell's jobs are tagged, and with what; calls into the JVM are counted instead of made."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jupyter_sparkk8s.spark.launch_files import cells


class Context:
    """A SparkContext as far as it is asked here."""

    def __init__(self, client: Any) -> None:
        self._jsc: Any = object()
        self._gateway = SimpleNamespace(_gateway_client=client)
        self.tags: list[str] = []
        self.fails = False

    def addJobTag(self, tag: str) -> None:  # noqa: N802
        if self.fails:
            raise RuntimeError("no JVM")
        self._gateway._gateway_client.send_command("add")
        self.tags.append(tag)

    def removeJobTag(self, tag: str) -> None:  # noqa: N802
        self._gateway._gateway_client.send_command("remove")
        self.tags.remove(tag)


class Notebook:
    """IPython and pyspark as far as they are asked here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        notebook = self

        class GatewayClient:
            def send_command(self, command: str) -> str:
                notebook.sent.append(command)
                return "answer"

        java_gateway = ModuleType("py4j.java_gateway")
        monkeypatch.setattr(java_gateway, "GatewayClient", GatewayClient, raising=False)
        monkeypatch.setitem(sys.modules, "py4j.java_gateway", java_gateway)
        self.pyspark = SimpleNamespace(SparkContext=SimpleNamespace(addJobTag=None, _active_spark_context=None))
        self.begin: Any = None
        self.history = [""]
        shell = SimpleNamespace(
            events=SimpleNamespace(register=lambda _name, act: setattr(self, "begin", act)),
            history_manager=SimpleNamespace(input_hist_raw=self.history),
        )
        made = cells.Cells(shell)
        made.install()
        made.join(self.pyspark)
        self.client = GatewayClient()
        self.context = Context(self.client)

    def run(self, *commands: str, store_history: bool = True, before: str = "") -> None:
        """A cell that calls into the JVM, and what does ``before`` each cell, of which IPython has not noted the cell yet."""
        self.begin(SimpleNamespace(store_history=store_history))
        if before:
            self.client.send_command(before)
        if store_history:
            self.history.append("cell")
        for command in commands:
            assert self.client.send_command(command) == "answer"


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


def test_the_first_call_of_a_cell_sets_its_tag(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.run("a", "b")
    assert notebook.sent == ["add", "a", "b"]
    assert notebook.context.tags == ["sparkk8s-cell-1"]
    notebook.run()
    notebook.run("c")
    assert notebook.context.tags == ["sparkk8s-cell-3"]
    assert notebook.sent[3:] == ["remove", "add", "c"]


def test_a_call_before_the_cell_is_not_taken_for_the_cell_s(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.run("count", before="hand over")
    assert notebook.sent == ["hand over", "add", "count"]
    assert notebook.context.tags == ["sparkk8s-cell-1"]


def test_before_there_is_a_context_nothing_is_done(notebook: Notebook) -> None:
    notebook.run("make")
    assert notebook.sent == ["make"]
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.client.send_command("count")
    assert notebook.context.tags == ["sparkk8s-cell-1"]
    notebook.context._jsc = None
    notebook.run("stopped")
    assert notebook.sent[-1] == "stopped"


def test_a_context_made_anew_in_a_cell_gets_its_tag(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.run("stop")
    again = notebook.pyspark.SparkContext._active_spark_context = Context(notebook.client)
    notebook.client.send_command("count")
    notebook.client.send_command("count")
    assert (notebook.context.tags, again.tags) == (["sparkk8s-cell-1"], ["sparkk8s-cell-1"])
    notebook.run("next")
    assert again.tags == ["sparkk8s-cell-2"]


def test_another_jvm_s_calls_are_left_alone(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.context._gateway = SimpleNamespace(_gateway_client=object())
    notebook.run("a")
    assert notebook.context.tags == []


def test_other_threads_and_cells_without_a_number_are_left_alone(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.begin(SimpleNamespace(store_history=True))
    notebook.history.append("cell")
    thread = threading.Thread(target=notebook.client.send_command, args=["of a thread"])
    thread.start()
    thread.join()
    assert notebook.context.tags == []
    notebook.run("silent", store_history=False)
    assert notebook.context.tags == []


def test_a_tag_that_can_t_be_set_stops_no_cell(notebook: Notebook) -> None:
    notebook.pyspark.SparkContext._active_spark_context = notebook.context
    notebook.context.fails = True
    notebook.run("a")
    assert notebook.sent == ["a"]
    notebook.context.fails = False
    notebook.run("b")
    assert notebook.context.tags == ["sparkk8s-cell-2"]


def test_an_older_pyspark_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    made = cells.Cells(SimpleNamespace())
    monkeypatch.delitem(sys.modules, "py4j.java_gateway", raising=False)
    made.join(SimpleNamespace(SparkContext=SimpleNamespace()))
    made.join(SimpleNamespace())
