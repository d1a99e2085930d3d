"""Real input: a catalogue of five million stars on CephFS answers three astronomers' questions as numpy does on the same rows.

Fixtures of conftest: `notebook` (a kernel on the cluster), `stars` (where its pods see the catalogue) and `stars_folder` (the
same folder on this machine).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.catalogue.table import SCHEMA
from tests.cluster import answers

if TYPE_CHECKING:
    from tests.support.notebook import Notebook

QUESTIONS = Path(answers.__file__).with_name("questions.py").read_text()
TIMEOUT_S = 280
ROWS, FILES = 5_000_000, 64

# Runs in driver and executors: the file system that holds a path, and whether this process could write there.
MOUNT = """
def mount(path):
    import os
    lines = [line.split()[:3] for line in open("/proc/mounts")]
    kinds = {point: kind for _, point, kind in lines}
    while path not in kinds:
        path = os.path.dirname(path)
    return [path, kinds[path]]

def holder(path):
    import os, socket
    return [socket.gethostname(), os.getuid(), *mount(path), os.access(path, os.W_OK)]
"""


def ask(notebook: Notebook, code: str, value: str) -> Any:
    """Run a cell and return what `value` is in it."""
    # A first cell may say that it waits for Spark, so the answer is the last line.
    output = notebook.run(f"{code}\nimport json\nprint(json.dumps({value}))", timeout_s=TIMEOUT_S)
    return json.loads(output.strip().splitlines()[-1])


def question(notebook: Notebook, stars: str, name: str) -> Any:
    """Send the questions as a cell that asks one of them."""
    return ask(notebook, QUESTIONS, f"{name}(spark.read.parquet({stars!r}))")


@pytest.fixture(scope="module")
def rows(stars_folder: Path) -> answers.Columns:
    """The whole catalogue in memory, read on this machine."""
    columns = answers.read(stars_folder, *SCHEMA.names)
    assert len(columns["source_id"]) == ROWS
    return columns


def test_the_catalogue_lies_on_cephfs_for_driver_and_executors(notebook: Notebook, stars: str) -> None:
    driver = ask(notebook, MOUNT, f"[sc.master, holder({stars!r})]")
    executors = ask(notebook, MOUNT, f"sc.parallelize(range(8), 8).map(lambda _: holder({stars!r})).collect()")
    master, (host, *seen) = driver
    assert master.startswith("k8s://")
    uid, point, kind, writable = seen
    assert uid == 185
    assert point == stars
    assert "ceph" in kind
    assert not writable
    assert all(there == seen for _, *there in executors)
    assert host not in {there for there, *_ in executors}


def test_spark_finds_every_file_row_and_missing_value(notebook: Notebook, stars: str, rows: answers.Columns) -> None:
    code = f"from pyspark.sql import functions as F\nstars = spark.read.parquet({stars!r})"
    counts = "stars.agg(*(F.count(name) for name in stars.columns)).first()"
    files, types, found = ask(notebook, code, f"[len(stars.inputFiles()), dict(stars.dtypes), list({counts})]")
    assert files == FILES
    assert types == {field.name: {"int64": "bigint"}.get(str(field.type), str(field.type)) for field in SCHEMA}
    assert found == [int(np.count_nonzero(~np.isnan(rows[name]))) for name in SCHEMA.names]


def test_density_over_galactic_coordinates(notebook: Notebook, stars: str, rows: answers.Columns) -> None:
    found = np.array(question(notebook, stars, "density_map"))
    np.testing.assert_array_equal(found, answers.density_map(rows))
    assert len(found) == 72 * 36
    assert found[:, 2].sum() == ROWS


def test_colour_magnitude_diagram_of_stars_with_good_parallaxes(notebook: Notebook, stars: str, rows: answers.Columns) -> None:
    found = np.array(question(notebook, stars, "colour_magnitude_diagram"))
    np.testing.assert_array_equal(found, answers.colour_magnitude_diagram(rows))
    assert found[:, 2].sum() > 200_000


def test_companions_by_angular_distance(notebook: Notebook, stars: str, rows: answers.Columns) -> None:
    found = question(notebook, stars, "companions")
    ids, values = answers.companions(rows)
    np.testing.assert_array_equal(np.array([row[:2] for row in found], dtype=np.int64), ids)
    apart, motion = np.array([[np.nan if value is None else value for value in row[2:]] for row in found]).T
    # Right ascension has a step of 2e-10 arcsec at 360 degrees; sines of two libraries differ in the last digit.
    np.testing.assert_allclose(apart, values[:, 0], rtol=0, atol=1e-8)
    np.testing.assert_allclose(motion, values[:, 1], rtol=1e-12, atol=0)
    # The binaries that were put in stand out by their common proper motion; some have none measured.
    assert (motion < 3).sum() > 200
    assert np.isnan(motion).any()
