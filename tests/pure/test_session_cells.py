"""Cells that wait for Spark: which do, where the wait goes, and that nothing else of a cell changes."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pyspark
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from pyspark.sql import functions
from pyspark.sql.types import DoubleType

from jupyter_sparkk8s.spark.launch_files.waiting import WaitForSpark

WAIT = "__import__('_sparkk8s_session')._sparkk8s_wait()"


def transformed(cell: str, namespace: dict[str, Any] | None = None, eager: bool = True) -> str:
    """The code that IPython runs for a cell: its own transformations first, ours after."""
    manager = TransformerManager()  # type: ignore[no-untyped-call]
    tree = ast.parse(manager.transform_cell(dedent(cell)))
    before = ast.unparse(tree)
    after = ast.unparse(WaitForSpark(namespace, eager).visit(tree))
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
        "import pyspark\npyspark.__version__",
        "from pyspark.sql import SparkSession, functions as F",
        "from pyspark.sql.types import *\nschema = StructType()",
        "from pyspark.sql import types as T, Row\nT.StructType(), Row",
        "from pyspark.errors import AnalysisException\nAnalysisException",
        "from .pyspark import functions\nfunctions",
        "from pysparkling import functions\nfunctions",
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


@pytest.mark.parametrize(
    "cell",
    [
        "from pyspark.sql import functions as F\nbright = F.col('g') < 12",
        "import pyspark.sql.functions as F\nbright = F.col('g') < 12",
        "import pyspark.pandas as ps\nps.range(3)",
        "from pyspark.sql.functions import *\nbright = col('g') < 12",
        "from pyspark.sql.functions import *\nfrom numpy import *",
        "def f():\n    from pyspark.sql import Window\n    return Window.orderBy('g')",
        "from pyspark.sql import SparkSession\nSparkSession.getActiveSession()",
        "from pyspark.sql import SparkSession\nmine = SparkSession.builder.getOrCreate()",
        "from pyspark import SparkContext as C\nC.getOrCreate()",
    ],
)
def test_a_cell_that_uses_what_it_imports_from_pyspark_waits(cell: str) -> None:
    assert transformed(cell).split("\n")[0] == WAIT


def test_a_cell_that_uses_what_an_earlier_cell_imported_from_pyspark_waits() -> None:
    session, conf = pyspark.sql.SparkSession, pyspark.SparkConf(loadDefaults=False)
    namespace = {"F": functions, "col": functions.col, "Session": session, "conf": conf, "T": pyspark.sql.types, "x": 1}
    namespace |= {"pyspark": pyspark, "schema": DoubleType(), "Double": DoubleType}
    for cell in ("F.col('g')", "x = col('g')", "Session.builder", "conf.get('a')", "%time col('g')", "%%time\nF.lit(1)"):
        assert transformed(cell, namespace).startswith(WAIT), cell
    for cell in ("T.DoubleType()", "schema", "Double()", "x", "pyspark.__version__", "F = 1", "del col", "%time x", "other"):
        assert WAIT not in transformed(cell, namespace), cell
    assert WAIT not in transformed("from mine import F, col\nF.col(col)", namespace)


def test_lazy_leaves_a_session_to_the_cell_that_makes_one() -> None:
    for cell in (
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.config('a', 'b').getOrCreate()\nspark.range(3)",
        "from pyspark.sql import SparkSession, functions as F\ns = SparkSession.builder.getOrCreate()\nF.lit(1)",
        "from pyspark import SparkConf, SparkContext\nsc = SparkContext(conf=SparkConf())\nsc.version",
        "from pyspark import SparkConf\nconf = SparkConf().set('a', 'b')",
        "from pyspark.sql import SparkSession\nbuilder = SparkSession.builder.config('a', 'b')",
    ):
        assert WAIT not in transformed(cell, eager=False), cell
        assert transformed(cell).startswith(WAIT), cell
    for cell in ("spark", "import pyspark.sql.functions as F\nF.lit(1)", "sc.version"):
        assert transformed(cell, eager=False).startswith(WAIT), cell


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
