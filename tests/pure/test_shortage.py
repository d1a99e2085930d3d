"""Which errors of Spark are for want of memory, and what is said below them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_sparkk8s.spark.launch_files.shortage import BROADCAST, JVM, PYTHON, RESULT, after_cell, hint

TRACE = "\n\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:1)" * 50


@pytest.mark.parametrize(
    ("error", "words", "names"),
    [
        (
            f"Task 1 failed{TRACE}\nCaused by: Python worker exited unexpectedly (crashed).",
            PYTHON,
            "spark.executor.memoryOverhead",
        ),
        (
            "Total size of 1 tasks (9 MiB) is bigger than spark.driver.maxResultSize (1 MiB)",
            RESULT,
            "spark.driver.maxResultSize",
        ),
        ("Not enough memory to build and broadcast the table", BROADCAST, "spark.sql.autoBroadcastJoinThreshold"),
        ("Cannot broadcast the table that is larger than 8.0 GiB", BROADCAST, "spark.sql.autoBroadcastJoinThreshold"),
        (f"java.lang.OutOfMemoryError: Java heap space{TRACE}", JVM, "spark.executor.memory"),
    ],
)
def test_the_setting_that_helps_is_named(error: str, words: str, names: str) -> None:
    assert hint(error) == words
    assert names in words


@pytest.mark.parametrize("error", ["ZeroDivisionError: division by zero", "Job 3 cancelled part of cancelled job group", ""])
def test_other_errors_are_left_alone(error: str) -> None:
    assert hint(error) == ""


class Gone(Exception):
    """As Py4J's, of a JVM that has ended."""

    def __str__(self) -> str:
        raise ConnectionRefusedError


def test_it_is_said_below_the_cell(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (None, Gone(), ValueError("x")):
        after_cell(SimpleNamespace(error_in_exec=error))
    assert capsys.readouterr() == ("", "")
    after_cell(SimpleNamespace(error_in_exec=RuntimeError("java.lang.OutOfMemoryError: Java heap space")))
    assert capsys.readouterr().err == f"{JVM}\n"
