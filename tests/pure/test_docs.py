"""The table of settings says what the code does; `python -m tests.pure.test_docs` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_sparkk8s.config.traits import SparkK8s

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
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


if __name__ == "__main__":
    text = PAGE.read_text()
    PAGE.write_text(text.split(BEGIN)[0] + BEGIN + table() + END + text.split(END)[1])
