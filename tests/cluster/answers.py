"""What numpy answers to the questions of `questions.py`, read from the same files by pyarrow: the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

EDGE_ROW, EDGE_ARCSEC = 1e-10, 1e-8
"""Distance from a border (in rows of the diagram, in arcsec) inside which the last digits of a logarithm or sine decide."""


def read(folder: Path, *names: str) -> Columns:
    """Columns of all files, in the files' own precision, missing values as NaN."""
    table = pq.read_table(folder, columns=list(names))
    return {name: table[name].to_numpy() for name in names}


def density_map(stars: Columns, cell: float = 5.0) -> Integers:
    """(n, 4) column, row, stars, stars with a parallax; needs l, b and parallax."""
    columns, below = int(np.ceil(360.0 / cell)), int(np.ceil(90.0 / cell))
    column, row = (np.floor(stars[name] / cell).astype(np.int64) for name in ("l", "b"))
    flat = (row + below) * columns + column
    size = 2 * below * columns
    every, measured = (np.bincount(chosen, minlength=size) for chosen in (flat, flat[np.isfinite(stars["parallax"])]))
    rows, found = np.divmod(np.flatnonzero(every), columns)
    answer = np.column_stack([found, rows - below, every[every > 0], measured[every > 0]])
    ordered: Integers = answer[np.lexsort((answer[:, 1], answer[:, 0]))]
    return ordered


def colour_magnitude_diagram(stars: Columns) -> Integers:
    """(n, 3) column, row, stars; needs parallax, parallax_error, g, bp and rp.

    Raises ValueError where a star is so near to the border of a row that it may fall on either side.
    """
    parallax = stars["parallax"]
    good = (parallax / stars["parallax_error"] > 10) & np.isfinite(stars["bp"]) & np.isfinite(stars["rp"])
    # In single precision, as in the files; binned in double, as Spark does.
    colour = (stars["bp"] - stars["rp"])[good].astype(np.float64)
    rows = (stars["g"][good] + 5.0 * np.log10(parallax[good]) - 10.0) / 0.25
    if np.abs(rows - np.rint(rows)).min(initial=1.0) < EDGE_ROW:
        raise ValueError("A star lies on the border of a row: choose another seed.")
    bins = np.stack([np.floor(colour / 0.1), np.floor(rows)]).astype(np.int64)
    keys, counts = np.unique(bins, axis=1, return_counts=True)
    return np.column_stack([*keys, counts])


def companions(stars: Columns, radius: float = 5.0) -> tuple[Integers, Floats]:
    """(n, 2) source_ids and (n, 2) separation (arcsec) and difference of proper motion (mas/yr or NaN).

    Needs source_id, ra, dec, pmra, pmdec, parallax and g. Another way than Spark's: one sorted list of zone and right
    ascension, two binary searches for each bright star and zone, the chord between unit vectors. Raises ValueError for a
    pair on the border.
    """
    bright = np.flatnonzero((stars["g"] < 16) & (stars["parallax"] > 2))
    faint = np.flatnonzero(stars["g"] >= 16)
    first, second = candidates(stars["ra"], stars["dec"], bright, faint, radius)
    apart = separation(stars["ra"], stars["dec"], first, second)
    if np.abs(apart - radius).min(initial=1.0) < EDGE_ARCSEC:
        raise ValueError("A pair lies on the border of the radius: choose another seed.")
    pairs = np.stack([first, second, np.arange(len(first))])[:, apart <= radius]
    # Around a pole a pair is found twice: from both sides.
    _, once = np.unique(pairs[:2], axis=1, return_index=True)
    first, second, place = pairs[:, once]
    apart = apart[place]
    motion = np.hypot(*(stars[name][second] - stars[name][first] for name in ("pmra", "pmdec")))
    ids = np.column_stack([stars["source_id"][first], stars["source_id"][second]]).astype(np.int64)
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    return ids[order], np.column_stack([apart, motion])[order]


def separation(ra: Floats, dec: Floats, first: Integers, second: Integers) -> Floats:
    """Angles, arcsec, between pairs of positions (degrees) given by two lists of rows."""
    lon, lat = np.radians(ra), np.radians(dec)
    half = 0.5 * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    chord = np.sqrt(((half[:, second] - half[:, first]) ** 2).sum(axis=0))
    return np.asarray(np.degrees(2.0 * np.arcsin(np.minimum(chord, 1.0))) * 3600.0)


def candidates(ra: Floats, dec: Floats, left: Integers, right: Integers, radius: float) -> tuple[Integers, Integers]:
    """Pairs of rows out of `left` and `right` that hold all pairs within `radius` arcsec and few others."""
    height = radius / 3600.0
    # Twice the circle hangs over the ends of right ascension: the list has those stars on both sides.
    zone, place = np.floor((dec[right] + 90.0) / height), ra[right]
    keys = np.concatenate([zone * 1080.0 + 360.0 + place + shift for shift in (-360.0, 0.0, 360.0)])
    order = np.argsort(keys)
    keys, rows = keys[order], np.tile(right, 3)[order]
    lat = np.radians(dec[left])
    reach = np.sin(np.radians(height)) / np.maximum(np.cos(lat), 1e-300)
    window = np.where(np.abs(dec[left]) + height < 90.0, np.degrees(np.arcsin(np.minimum(reach, 1.0))), 180.0)
    found: list[tuple[Integers, Integers]] = []
    for step in (-1.0, 0.0, 1.0):
        middle = (np.floor((dec[left] + 90.0) / height) + step) * 1080.0 + 360.0 + ra[left]
        low, high = (np.searchsorted(keys, middle + side * (window + 1e-7)) for side in (-1.0, 1.0))
        count = high - low
        # Positions low, low + 1, … high - 1 of each star, one after another.
        begin = np.repeat(np.cumsum(count) - count, count)
        found.append((np.repeat(left, count), rows[np.repeat(low, count) + np.arange(count.sum()) - begin]))
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])
