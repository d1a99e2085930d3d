"""The catalogue is written once, whole, the same each time, and readable by all."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.catalogue import make as module
from tests.catalogue.make import MARKER, make

if TYPE_CHECKING:
    from pathlib import Path

ROWS, FILES = 3000, 7


@pytest.fixture(autouse=True)
def _coarse_sky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ORDER", 2)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_rows_are_there_in_files_of_their_own_part_of_the_sky(tmp_path: Path) -> None:
    assert make(tmp_path, ROWS, FILES)
    assert names(tmp_path) == [MARKER, *(f"stars-{number:04d}.parquet" for number in range(FILES))]
    ids = [pq.read_table(path, columns=["source_id"])["source_id"].to_numpy() for path in sorted(tmp_path.glob("*.parquet"))]
    assert sum(map(len, ids)) == ROWS
    assert all(0 < len(part) < 2 * ROWS / FILES for part in ids)
    assert (np.diff(np.concatenate(ids)) > 0).all()


def test_missing_values_are_nulls_and_units_are_in_the_schema(tmp_path: Path) -> None:
    make(tmp_path, ROWS, 1)
    stars = pq.read_table(tmp_path / "stars-0000.parquet")
    assert stars["parallax"].null_count > 0
    assert not np.isnan(stars["parallax"].drop_null().to_numpy()).any()
    assert stars.schema.field("pmra").metadata == {b"unit": b"mas/yr"}
    assert {name: str(stars.schema.field(name).type) for name in ("source_id", "ra", "g", "parallax_error")} == {
        "source_id": "int64", "ra": "double", "g": "float", "parallax_error": "float",
    }  # fmt: skip


def test_a_second_call_writes_nothing(tmp_path: Path) -> None:
    assert make(tmp_path, ROWS, FILES)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in names(tmp_path)}
    assert not make(tmp_path, ROWS, FILES)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in names(tmp_path)} == before


def test_the_same_arguments_give_the_same_bytes_and_others_dont(tmp_path: Path) -> None:
    for folder, seed in (("one", 1), ("two", 1), ("three", 2)):
        make(tmp_path / folder, ROWS, 2, seed)
    one, two, three = ((tmp_path / folder / "stars-0001.parquet").read_bytes() for folder in ("one", "two", "three"))
    assert one == two
    assert one != three


@pytest.mark.parametrize("harm", ["other arguments", "file lost", "file cut", "marker cut", "sources changed"])
def test_what_is_not_whole_is_made_anew(tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, ROWS, FILES)
    victim, files = tmp_path / "stars-0003.parquet", FILES
    match harm:
        case "other arguments":
            files = 3
        case "file lost":
            victim.unlink()
        case "file cut":
            os.truncate(victim, 100)
        case "marker cut":
            os.truncate(tmp_path / MARKER, 10)
        case "sources changed":
            monkeypatch.setattr(module, "_fingerprint", lambda: "other")
    (tmp_path / ".stars-0009.parquet").write_bytes(b"left behind by a run that was killed")
    (tmp_path / "notes.txt").write_text("not ours")
    assert make(tmp_path, ROWS, files)
    assert names(tmp_path) == [MARKER, "notes.txt", *(f"stars-{number:04d}.parquet" for number in range(files))]
    assert sum(pq.ParquetFile(path).metadata.num_rows for path in tmp_path.glob("*.parquet")) == ROWS


def test_readable_by_all_writable_by_its_owner_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        make(tmp_path / "stars", ROWS, 2)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "stars").iterdir()}
    assert (modes, stat.S_IMODE((tmp_path / "stars").stat().st_mode)) == ({0o644}, 0o755)


@pytest.mark.parametrize(("rows", "files"), [(10, 11), (10, 0), (10**6, 2000)])
def test_arguments_that_make_no_sense(tmp_path: Path, rows: int, files: int) -> None:
    with pytest.raises(ValueError, match=f"--files {files}"):
        make(tmp_path, rows, files)
    assert not names(tmp_path)


def test_borders_leave_no_file_without_a_pixel() -> None:
    counts = np.zeros(50, dtype=np.int64)
    counts[[0, 1, 49]] = 1000, 1, 1
    borders = module._borders(counts, 10)
    assert borders[0] == 0
    assert borders[-1] == 50
    assert (np.diff(borders) > 0).all()


def test_the_command_says_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make", str(tmp_path), "--rows", "3_000", "--files", "2"])
    for word in ("made", "there already"):
        assert module.main() == 0
        assert re.match(rf"3000 stars in 2 files, \d+ MB, {word} in", capsys.readouterr().out)
