"""Where stars are: which share of all stars brighter than the limit lies in which pixel, population and distance.

Exponential discs and a halo seen through an exponential layer of dust. Leaves out bar, bulge, spiral arms and single clouds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.catalogue import healpix, stars
from tests.catalogue.galactic import to_galactic, unit_vectors

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LIMIT = 21.0
"""Faintest G, mag, about where Gaia's counts end."""
THIN, THICK, HALO = range(3)

# Lengths in pc. Jurić et al. 2008, ApJ 673, 864, table 10 (corrected for bias).
SUN_RADIUS, SUN_HEIGHT = 8000.0, 25.0
_DISCS = ((300.0, 2600.0), (900.0, 3600.0))
"""Scale height and scale length of thin and thick disc."""
_THICK_SHARE, _HALO_SHARE = 0.12, 0.0051
"""Local density over that of the thin disc."""
_HALO_FLATTENING, _HALO_SLOPE, _HALO_CORE = 0.64, -2.77, 1000.0
# The layer of dust: scale height and length of Drimmel & Spergel 2001, ApJ 556, 181, table 1; 0.7 mag/kpc at the Sun in G.
_DUST_HEIGHT, _DUST_LENGTH, _DUST_HOLE = 134.4, 2260.0, 4000.0
_DUST_PER_PC = 0.7e-3

_EDGES: Floats = np.geomspace(3.0, 40_000.0, 73, dtype=np.float64)
"""Edges of the shells of distance, pc."""


def densities(radius: Floats, height: Floats) -> Floats:
    """(3, …) density of thin disc, thick disc and halo over the thin disc's at the Sun.

    `radius` and `height` are galactocentric and cylindrical, pc.
    """
    thin, thick = (np.exp((SUN_RADIUS - radius) / length + (SUN_HEIGHT - np.abs(height)) / tall) for tall, length in _DISCS)
    round_radius = np.sqrt(radius**2 + (height / _HALO_FLATTENING) ** 2 + _HALO_CORE**2)
    halo = (round_radius / SUN_RADIUS) ** _HALO_SLOPE
    return np.stack([thin, _THICK_SHARE * thick, _HALO_SHARE * halo])


def dust(radius: Floats, height: Floats) -> Floats:
    """Extinction in G per length, mag/pc; inside 4 kpc the dust gets no denser."""
    along = (SUN_RADIUS - np.maximum(radius, _DUST_HOLE)) / _DUST_LENGTH
    return np.asarray(_DUST_PER_PC * np.exp(along - np.abs(height) / _DUST_HEIGHT))


@dataclass(frozen=True)
class Draw:
    """What is drawn of n stars: `pixel`, `population`, `distance` (pc), extinction `a_g` and absolute magnitude `m_g` (mag)."""

    pixel: Integers
    population: Integers
    distance: Floats
    a_g: Floats
    m_g: Floats


class Sky:
    """Expected numbers of stars by pixel (nested, of `order`), population and shell of distance."""

    def __init__(self, order: int) -> None:
        self.order = order
        pixels = np.arange(healpix.pixel_count(order))
        face, x, y = healpix.pixel_corner(pixels, order)
        half = 0.5 ** (order + 1)
        ra, dec = healpix.sky_position(face, x + half, y + half)
        middle = np.sqrt(_EDGES[1:] * _EDGES[:-1])
        x_gal, y_gal, z_gal = (v[:, None] * middle for v in unit_vectors(*to_galactic(ra, dec)))
        radius, height = np.hypot(SUN_RADIUS - x_gal, y_gal), z_gal + SUN_HEIGHT
        # Half of its own shell's dust lies before a star.
        layers = dust(radius, height) * np.diff(_EDGES)
        self.extinction: Floats = np.cumsum(layers, axis=1) - 0.5 * layers
        limit = LIMIT - _modulus(middle) - self.extinction
        volume = np.diff(_EDGES**3) / 3.0 * (4.0 * np.pi / len(pixels))
        self.functions = [stars.luminosity_functions(old=population != THIN) for population in (THIN, THICK, HALO)]
        self._cumulative = [stars.cumulative(function) for function in self.functions]
        # The luminosity function counts all populations near the Sun; the thin disc has this share.
        local = 1.0 / (1.0 + _THICK_SHARE + _HALO_SHARE)
        seen = np.stack([np.interp(limit, stars.MAGNITUDES, numbers) for numbers in self._cumulative])
        self.expected: Floats = np.moveaxis(local * densities(radius, height) * seen * volume, 0, 1)
        """(pixels, 3, shells) stars to the limit."""

    def rows_by_pixel(self, rows: int, rng: np.random.Generator) -> Integers:
        """Deal `rows` stars out to the pixels."""
        share = self.expected.sum(axis=(1, 2))
        return np.asarray(rng.multinomial(rows, share / share.sum()), dtype=np.int64)

    def draw(self, first: int, rows: Integers, rng: np.random.Generator) -> Draw:
        """Draw the stars of consecutive pixels: `rows[i]` in pixel `first + i`."""
        block = self.expected[first : first + len(rows)].reshape(len(rows), -1)
        cells = block.shape[1]
        ends = np.cumsum(block)
        total = ends[cells - 1 :: cells]
        begin = np.concatenate([[0.0], total[:-1]])
        local = np.repeat(np.arange(len(rows)), rows)
        spot = begin[local] + rng.random(len(local)) * (total - begin)[local]
        # Rounding may put a draw on the border to the next pixel.
        cell = np.clip(np.searchsorted(ends, spot, side="right"), local * cells, local * cells + cells - 1) - local * cells
        population, shell = np.divmod(cell, len(_EDGES) - 1)
        inner, outer = _EDGES[shell] ** 3, _EDGES[shell + 1] ** 3
        distance = np.cbrt(inner + rng.random(len(local)) * (outer - inner))
        a_g = self.extinction[first + local, shell]
        m_g = self._magnitudes(population, LIMIT - _modulus(distance) - a_g, rng)
        return Draw(first + local, population, distance, a_g, m_g)

    def _magnitudes(self, population: Integers, limit: Floats, rng: np.random.Generator) -> Floats:
        """Draw absolute magnitudes brighter than each star's `limit`."""
        result, share = np.empty_like(limit), rng.random(len(limit))
        for one, numbers in enumerate(self._cumulative):
            mine = population == one
            brighter = np.interp(limit[mine], stars.MAGNITUDES, numbers)
            result[mine] = np.interp(share[mine] * brighter, numbers, stars.MAGNITUDES)
        return result


def _modulus(distance: Floats) -> Floats:
    """Distance modulus, mag, of distances in pc."""
    return np.asarray(5.0 * np.log10(distance) - 5.0)
