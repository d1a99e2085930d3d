"""How stars move: rotation of the Galaxy, velocity ellipsoids and the Sun's own motion, seen as proper motions.

Leaves out moving groups and the vertex deviation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.catalogue.galactic import EQUATORIAL_TO_GALACTIC, tangents, unit_vectors
from tests.catalogue.sky import SUN_RADIUS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

KM_S = 4.740470446
"""km/s of 1 mas/yr at 1 kpc: one astronomical unit per Julian year."""
_ROTATION = 229.0
"""Circular velocity, km/s, flat: Eilers et al. 2019, ApJ 871, 120."""
_SUN = (11.1, 12.24, 7.25)
"""The Sun's motion (U, V, W), km/s: Schönrich, Binney & Dehnen 2010, MNRAS 403, 1829."""
_DISPERSIONS = np.array([[35.0, 20.0, 16.0], [67.0, 38.0, 35.0], [160.0, 90.0, 90.0]])
_LAGS = np.array([15.0, 46.0, 220.0])
"""Velocity dispersions (radial, azimuthal, vertical) and lag of thin disc, thick disc and halo, km/s: Bensby, Feltzing &
Lundström 2003, A&A 410, 527, table 1."""


def proper_motions(
    ra: Floats, dec: Floats, distance: Floats, population: Integers, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """True proper motions in right ascension (times cos dec) and declination, mas/yr; angles in degrees, distance in pc."""
    x, y, _ = (EQUATORIAL_TO_GALACTIC @ unit_vectors(ra, dec)) * distance
    # Seen from the galactic centre: towards the star outwards, and the way the disc turns.
    outward_x, outward_y = x - SUN_RADIUS, y
    radius = np.hypot(outward_x, outward_y) + 1e-9
    cos, sin = outward_x / radius, outward_y / radius
    radial, azimuthal, vertical = _DISPERSIONS[population].T * rng.standard_normal((3, len(ra)))
    turning = _ROTATION - _LAGS[population] + azimuthal
    velocity = np.stack([radial * cos + turning * sin, radial * sin - turning * cos, vertical])
    u, v, w = _SUN
    velocity -= np.array([[u], [v + _ROTATION], [w]])
    equatorial = EQUATORIAL_TO_GALACTIC.T @ velocity
    scale = KM_S * distance / 1000.0
    east, north = tangents(ra, dec)
    return (east * equatorial).sum(axis=0) / scale, (north * equatorial).sum(axis=0) / scale
