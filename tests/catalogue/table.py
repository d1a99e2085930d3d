"""The catalogue's columns and one file's rows, sorted by source_id and so by place on the sky."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.catalogue import galactic, healpix, observe, truth
from tests.catalogue.sky import Sky

Integers = NDArray[np.int64]

ID_ORDER = 12
"""Order of the HEALPix pixels (52 arcsec) that a source_id opens with; a running number and zeros follow, as in Gaia's."""
_ID_SHIFT, _NUMBER_SHIFT = 35, 7
UNITS = {
    "source_id": "", "ra": "deg", "dec": "deg", "l": "deg", "b": "deg",
    "parallax": "mas", "parallax_error": "mas", "pmra": "mas/yr", "pmdec": "mas/yr", "g": "mag", "bp": "mag", "rp": "mag",
}  # fmt: skip
"""Columns and their units, in the order of the files."""
_ALWAYS = ("source_id", "ra", "dec", "l", "b", "g")
_SINGLE = ("parallax_error", "g", "bp", "rp")


def _type(name: str) -> pa.DataType:
    return pa.int64() if name == "source_id" else pa.float32() if name in _SINGLE else pa.float64()


SCHEMA = pa.schema(
    [pa.field(name, _type(name), nullable=name not in _ALWAYS, metadata={"unit": unit}) for name, unit in UNITS.items()]
)


def table(sky: Sky, first: int, rows: Integers, rng: np.random.Generator) -> pa.Table:
    """Make `rows[i]` stars in pixel `first + i` of the sky; the caller's pixels must be in no other table."""
    true = truth.draw(sky, first, rows, rng)
    observed = observe.observe(true, rng)
    pixel = healpix.nested_pixel(true.ra, true.dec, ID_ORDER)
    order = np.argsort(pixel, kind="stable")
    pixel = pixel[order]
    number = np.arange(len(pixel)) - np.searchsorted(pixel, pixel)
    ra, dec = true.ra[order], true.dec[order]
    longitude, latitude = galactic.to_galactic(ra, dec)
    columns = {"source_id": (pixel << _ID_SHIFT) | ((number + 1) << _NUMBER_SHIFT), "ra": ra, "dec": dec}
    columns |= {"l": longitude, "b": latitude}
    columns |= {name: values[order] for name, values in observed.values.items()}
    absent = {name: flags[order] for name, flags in observed.missing.items()}
    arrays = [
        pa.array(columns[field.name].astype(field.type.to_pandas_dtype()), type=field.type, mask=absent.get(field.name))
        for field in SCHEMA
    ]
    return pa.table(arrays, schema=SCHEMA)
