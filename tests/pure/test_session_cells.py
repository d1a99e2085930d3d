"""Cells that wait for Spark: which do, where the wait goes, and that nothing else of a cell changes."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_sparkk8s.spark.launch_files.session import WaitForSpark

WAIT = "__import__('_sparkk8s_session')._sparkk8s_wait()"


def transformed(cell: str) -> str:
    """The code that IPython runs for a cell: its own transformations first, ours after."""
    manager = TransformerManager()  # type: ignore[no-untyped-call]
    tree = ast.parse(manager.transform_cell(dedent(cell)))
    before = ast.unparse(tree)
    after = ast.unparse(WaitForSpark().visit(tree))
    assert after.replace(WAIT, "", 1).split() == before.split()
    compile(after, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return after


@pytest.mark.parametrize(
    "cell",
    [
        "spark.range(3).count()",
        "sc",
        "sc.parallelize([1]).sum()",
        "df = spark.read.parquet('/gaia-dr2')",
        "if False:\n    spark",
        "for row in spark.range(3).collect():\n    print(row)",
        "def f():\n    return spark.range(3)",
        "class A:\n    s = spark",
        "f'{spark.version}'",
        "[x for x in range(3) if sc]",
        "lambda: sc",
        "await go(spark)",
        "async def f():\n    async with a:\n        await spark.go()",
        "async for x in go(sc):\n    pass",
        "with open('x') as f, spark.new():\n    pass",
        "spark = spark.newSession()",
        "spark.conf.set('a', 'b')",
        "spark.x = 1",
        "match spark:\n    case None:\n        pass",
        "import x; x.y(spark)",
        # what a magic is given is text until it runs
        "%time spark.range(3).count()",
        "%timeit -n1 sc.version",
        "x = %time spark.range(3)",
        "%%time\nspark.range(3).count()",
        "%%timeit -n1\nx = 1\nsc.version",
        "%%capture out\nspark.sql('select 1').show()",
        "spark?",
        "spark.range??",
        "!echo $sc",
        "x = !echo {spark.version}",
    ],
)
def test_a_cell_that_reads_spark_begins_with_the_wait(cell: str) -> None:
    assert transformed(cell).split("\n")[0] == WAIT


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "# spark",
        "1 + 1",
        "'spark'",
        "x = 'spark and sc'",
        "spark = 1",
        "spark: int = 1",
        "sc, x = 1, 2",
        "del spark",
        "import spark",
        "from a import sc",
        "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate()",
        "a.spark",
        "a.sc.b",
        "f(spark=1)",
        "sparks",
        "def spark():\n    pass",
        "global sc",
        "%matplotlib inline",
        "%time sparkling()",
        "%%bash\necho sparkle",
        "!ls /usr/share/scala",
        "print?",
    ],
)
def test_any_other_cell_runs_untouched(cell: str) -> None:
    assert WAIT not in transformed(cell)


def test_what_must_stay_first_stays_first() -> None:
    cell = '''
    """What this cell is for."""
    from __future__ import annotations
    from __future__ import division, generator_stop
    import os
    spark.range(3)
    '''
    lines = transformed(cell).split("\n")
    assert lines[:4] == [
        '"""What this cell is for."""',
        "from __future__ import annotations",
        "from __future__ import division, generator_stop",
        WAIT,
    ]


def test_a_lone_name_after_a_future_import() -> None:
    assert transformed("from __future__ import annotations\nspark").split("\n") == [
        "from __future__ import annotations",
        WAIT,
        "spark",
    ]


def test_lines_keep_their_numbers() -> None:
    """So that a traceback shows the user's own lines."""
    tree = WaitForSpark().visit(ast.parse("import os\n\nspark.range(3)\n"))
    assert [(ast.unparse(node), node.lineno) for node in tree.body] == [(WAIT, 1), ("import os", 1), ("spark.range(3)", 3)]


def test_a_cell_waits_once() -> None:
    assert transformed("spark.range(3)\nsc\n%time spark").count(WAIT) == 1
