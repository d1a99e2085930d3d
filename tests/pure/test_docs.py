"""The documentation says what the code does: its tables (`python -m tests.pure.test_docs` writes that of settings anew),
and its examples, which are settings that a server takes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import certifi
import pytest
from traitlets.config import Application, Config

from jupyter_sparkk8s.config.checks import check
from jupyter_sparkk8s.config.files import load_settings
from jupyter_sparkk8s.config.memory import split_memory
from jupyter_sparkk8s.config.quantities import memory_mib
from jupyter_sparkk8s.config.traits import SparkK8s

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "configuration.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def table() -> str:
    rows = ["| `c.SparkK8s.…` | default | what it is |\n| --- | --- | --- |\n"]
    settings = SparkK8s()
    for name, trait in settings.traits(config=True).items():
        if trait.this_class is not SparkK8s:
            continue
        star = "\\*" if trait.metadata.get("profile") else ""
        rows.append(f"| `{name}`{star} | `{json.dumps(getattr(settings, name))}` | {trait.help} |\n")
    return "".join(rows)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    written = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    assert written == table(), "run `python -m tests.pure.test_docs`"


def test_the_table_of_memory_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", (DOCS / "memory.md").read_text(), re.MULTILINE)
    assert len(rows) >= 6
    for pod, numbers in rows:
        driver, executor = (split_memory(memory_mib(pod, trait="driver_memory"), role) for role in ("driver", "executor"))
        parts = [(memory.heap, memory.overhead, memory.python) for memory in (driver, executor)]
        assert [int(number) for number in numbers.split(" | ")] == [*parts[0], *parts[1]], pod


def test_every_setting_that_a_text_names_exists() -> None:
    package = DOCS.parent / "jupyter_sparkk8s"
    files = [*package.rglob("*.py"), *DOCS.glob("*.md"), DOCS.parent / "README.md"]
    named = {(file.name, name) for file in files for name in re.findall(r"c\.SparkK8s\.(\w+)", file.read_text())}
    known = SparkK8s().traits(config=True)
    assert [(file, name) for file, name in sorted(named) if name not in known] == []


EXAMPLES = [
    (page.name, example)
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md")
    for example in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    if "c.SparkK8s" in example
]


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_a_server_takes_each_example(page: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "large.svg").touch()
    text = example.replace("/etc/jupyter/", f"{tmp_path}/").replace("/etc/ssl/certs/ca-certificates.crt", certifi.where())
    config = Config()
    exec(text, {"c": config, "get_config": lambda: config})  # as Jupyter reads a configuration file
    check(load_settings(Application(config=config)), {})


if __name__ == "__main__":
    text = PAGE.read_text()
    PAGE.write_text(text.split(BEGIN)[0] + BEGIN + table() + END + text.split(END)[1])
