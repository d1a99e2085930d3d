"""Stars as they are, before anyone has measured them: drawn for consecutive pixels, with wide binaries among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.catalogue import galactic, healpix, motion, stars
from tests.catalogue.sky import LIMIT, Sky

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PAIRS_PER_STAR = 1.2e-4
"""Binaries put in, over stars: 600 of 5 million. In the real sky about 1.3 million are known among 1.8 billion: El-Badry, Rix &
Heintz 2021, MNRAS 506, 2269."""
PAIR_SEPARATION = (1.0, 5.0)
"""Least and largest separation on the sky, arcsec; evenly spread in its logarithm."""
_PAIR_DISTANCE, _PAIR_G = 500.0, 16.0
"""Primaries are nearer (pc) and brighter (mag) than this."""


@dataclass
class Truth:
    """Arrays of n stars: degrees, pc, mag, mas/yr. `population` as in `sky`, `colour` is the intrinsic BP - RP."""

    ra: Floats
    dec: Floats
    distance: Floats
    population: Integers
    a_g: Floats
    m_g: Floats
    colour: Floats
    pmra: Floats
    pmdec: Floats

    @property
    def g(self) -> Floats:
        """Apparent G magnitude."""
        return np.asarray(self.m_g + 5.0 * np.log10(self.distance) - 5.0 + self.a_g)


def draw(sky: Sky, first: int, rows: Integers, rng: np.random.Generator) -> Truth:
    """Draw `rows[i]` stars in pixel `first + i` of the sky, in that order."""
    drawn = sky.draw(first, rows, rng)
    face, x, y = healpix.pixel_corner(drawn.pixel, sky.order)
    side = 0.5**sky.order
    # Kept off the border, so that no companion falls into another pixel and thus into another file.
    x, y = (corner + side * (0.001 + 0.998 * rng.random(len(corner))) for corner in (x, y))
    ra, dec = healpix.sky_position(face, x, y)
    kind, colour = np.empty_like(drawn.population), np.empty_like(ra)
    for population, functions in enumerate(sky.functions):
        mine = drawn.population == population
        kind[mine] = stars.classes(drawn.m_g[mine], functions, rng)
    colour = stars.colours(drawn.m_g, kind, rng)
    pmra, pmdec = motion.proper_motions(ra, dec, drawn.distance, drawn.population, rng)
    truth = Truth(ra, dec, drawn.distance, drawn.population, drawn.a_g, drawn.m_g, colour, pmra, pmdec)
    _pair_up(truth, rng)
    return truth


def _pair_up(truth: Truth, rng: np.random.Generator) -> None:
    """Turn some stars into companions of bright near ones, in place."""
    primaries = np.flatnonzero((truth.distance < _PAIR_DISTANCE) & (truth.g < _PAIR_G) & (np.abs(truth.dec) < 89.9))
    # The fraction that is left over decides by chance, so that small files get their share.
    count = min(int(PAIRS_PER_STAR * len(truth.ra) + rng.random()), len(primaries))
    chosen = rng.choice(primaries, count, replace=False)
    free = np.ones(len(truth.ra), dtype=bool)
    free[chosen] = False
    others = np.flatnonzero(free)
    companion = rng.choice(others, min(count, len(others)), replace=False)
    chosen = chosen[: len(companion)]
    low, high = np.log(PAIR_SEPARATION)
    separation = np.exp(rng.uniform(low, high, len(companion)))
    direction = rng.uniform(0.0, 2.0 * np.pi, len(companion))
    east, north = galactic.tangents(truth.ra[chosen], truth.dec[chosen])
    offset = np.radians(separation / 3600.0) * (np.sin(direction) * east + np.cos(direction) * north)
    position = galactic.unit_vectors(truth.ra[chosen], truth.dec[chosen]) + offset
    truth.ra[companion], truth.dec[companion] = galactic.angles(position)
    for name in ("distance", "population", "a_g"):
        values = getattr(truth, name)
        values[companion] = values[chosen]
    room = LIMIT - truth.g[chosen]
    truth.m_g[companion] = truth.m_g[chosen] + rng.uniform(0.3, np.clip(room, 0.4, 8.0))
    kind = np.full(len(companion), stars.MAIN_SEQUENCE)
    truth.colour[companion] = stars.colours(truth.m_g[companion], kind, rng)
    # Orbital speed of 1.5 solar masses at the projected separation: 29.8 km/s · sqrt(M / a), seen from aside.
    speed = 29.8 * np.sqrt(1.5 / (separation * truth.distance[chosen]))
    turn = 0.5 * speed / (motion.KM_S * truth.distance[chosen] / 1000.0)
    for name in ("pmra", "pmdec"):
        values = getattr(truth, name)
        values[companion] = values[chosen] + turn * rng.standard_normal(len(companion))
