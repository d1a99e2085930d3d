"""Writes the catalogue: `python -m tests.catalogue.make OUT_DIR [--rows 5_000_000] [--files 64]`.

Made already from the same sources with the same arguments, it stays as it is. Readable by all, writable by its owner alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.catalogue.sky import Sky
from tests.catalogue.table import table

ORDER = 5
"""Order of the pixels in which density is even: 12 288 of 1.8 degrees."""
MARKER = "_catalogue.json"
"""What was made, written last. Spark passes over names that begin with an underscore."""
_PATTERN = "stars-*.parquet"
_WORKERS = 2


def make(folder: Path, rows: int = 5_000_000, files: int = 64, seed: int = 20260101) -> bool:
    """Write `rows` stars into `files` Parquet files below `folder`; False where they were there.

    Raises ValueError for fewer rows than files or more files than pixels.
    """
    if not 0 < files <= min(rows, 1024):
        raise ValueError(f"--files {files} with --rows {rows}: take from 1 to 1024 files, none of them empty.")
    marker, wanted = folder / MARKER, {"rows": rows, "files": files, "seed": seed, "sources": _fingerprint()}
    if _made(marker, wanted):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    for old in [*folder.glob(_PATTERN), *folder.glob(f".{_PATTERN}")]:
        old.unlink()
    folder.chmod(0o755)
    sky = Sky(ORDER)
    counts = sky.rows_by_pixel(rows, np.random.default_rng([seed]))
    borders = _borders(counts, files)

    def write(number: int) -> tuple[str, int]:
        first, last = borders[number], borders[number + 1]
        return _write(folder, number, sky, int(first), counts[first:last], np.random.default_rng([seed, number]))

    # numpy and pyarrow let go of the interpreter's lock; each file has random numbers of its own.
    with ThreadPoolExecutor(_WORKERS) as pool:
        sizes = dict(pool.map(write, range(files)))
    _publish(marker, json.dumps({**wanted, "bytes": sizes}, indent=1).encode())
    return True


def _borders(counts: NDArray[np.int64], files: int) -> NDArray[np.int64]:
    """First pixel of each file and the end of the last: consecutive pixels, rows shared out evenly, at least one pixel each."""
    ends = np.cumsum(counts)
    even = np.searchsorted(ends, ends[-1] * np.arange(1, files) / files) + 1
    spread = np.maximum.accumulate(even - np.arange(1, files)) + np.arange(1, files)
    inner = np.minimum(spread, len(counts) - np.arange(files - 1, 0, -1))
    return np.concatenate([[0], inner, [len(counts)]])


def _write(
    folder: Path, number: int, sky: Sky, first: int, counts: NDArray[np.int64], rng: np.random.Generator
) -> tuple[str, int]:
    path = folder / f"stars-{number:04d}.parquet"
    hidden = path.with_name(f".{path.name}")
    # Positions and the like don't repeat: a dictionary would only be tried and thrown away.
    pq.write_table(table(sky, first, counts, rng), hidden, compression="zstd", compression_level=1, use_dictionary=False)
    hidden.chmod(0o644)
    hidden.rename(path)
    return path.name, path.stat().st_size


def _publish(path: Path, content: bytes) -> None:
    hidden = path.with_name(f".{path.name}")
    hidden.write_bytes(content)
    hidden.chmod(0o644)
    hidden.rename(path)


def _fingerprint() -> str:
    """Hash of the sources that decide what is written, and of the version of numpy that draws."""
    digest = hashlib.sha256(np.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _made(marker: Path, wanted: dict[str, object]) -> bool:
    try:
        found = json.loads(marker.read_bytes())
        sizes: dict[str, int] = found.pop("bytes")
        there = {path.name: path.stat().st_size for path in marker.parent.glob(_PATTERN)}
    except (OSError, ValueError, AttributeError, KeyError):
        return False
    return bool(found == wanted and there == sizes)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogue.make", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--rows", type=int, default=5_000_000, help="stars (default: %(default)s)")
    parser.add_argument("--files", type=int, default=64, help="Parquet files (default: %(default)s)")
    options = parser.parse_args()
    begin = time.monotonic()
    made = make(options.folder, options.rows, options.files)
    size = sum(path.stat().st_size for path in options.folder.glob(_PATTERN)) / 1e6
    what = "made" if made else "there already"
    print(f"{options.rows} stars in {options.files} files, {size:.0f} MB, {what} in {time.monotonic() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
