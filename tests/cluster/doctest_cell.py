"""Runs the doctests of a module of PySpark in a notebook: this file's text is the cell, and its function is called in it."""

import doctest
import importlib
import io
from typing import Any


def run_doctests(name: str, flags: int, left_out: list[str], step: int, names: dict[str, Any]) -> dict[str, Any]:
    """Run every `step`-th test of module `name` but those `left_out`, with the notebook's `names` beside the module's own.

    What its `_test()` does, but on the session that is there. Returns counts of tests and examples, and what failed.
    """
    module = importlib.import_module(name)
    found = doctest.DocTestFinder().find(module, name, globs={**vars(module), **names})
    tests = sorted(test for test in found if test.examples)
    runner = doctest.DocTestRunner(optionflags=flags)
    report = io.StringIO()
    chosen = [test for test in tests if test.name.removeprefix(f"{name}.") not in left_out][::step]
    for test in chosen:
        runner.run(test, out=report.write)
    return {
        "found": [test.name.removeprefix(f"{name}.") for test in tests],
        "examples": runner.summarize(verbose=False).attempted,
        "failed": runner.failures,
        "report": report.getvalue(),
    }
