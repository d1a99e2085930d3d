"""The rotation between equatorial (ICRS, J2000) and galactic coordinates, of positions and of proper motions.

Constants: ESA 1997, The Hipparcos and Tycho Catalogues (ESA SP-1200), volume 1, section 1.5.3; exact by definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POLE_RA = 192.85948
"""Right ascension of the north galactic pole, degrees."""
POLE_DEC = 27.12825
"""Declination of the north galactic pole, degrees."""
NODE_L = 32.93192
"""Galactic longitude of the ascending node of the galactic plane on the equator, degrees."""


def _turn(axis: int, degrees: float) -> Floats:
    """Matrix that turns the frame about x (0) or z (2)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = s, -s
    return matrix


EQUATORIAL_TO_GALACTIC: Floats = _turn(2, -NODE_L) @ _turn(0, 90.0 - POLE_DEC) @ _turn(2, POLE_RA + 90.0)
"""(3, 3): galactic unit vector = this @ equatorial unit vector."""


def unit_vectors(longitude: Floats, latitude: Floats) -> Floats:
    """(3, n) unit vectors of positions in degrees."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def tangents(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """(3, n) unit vectors towards growing longitude and growing latitude at positions in degrees."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    zero = np.zeros_like(lon)
    east = np.stack([-np.sin(lon), np.cos(lon), zero])
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    return east, north


def angles(vectors: Floats) -> tuple[Floats, Floats]:
    """Longitude in [0, 360) and latitude, in degrees, of (3, n) vectors of any length."""
    x, y, z = vectors
    return np.mod(np.degrees(np.arctan2(y, x)), 360.0), np.degrees(np.arctan2(z, np.hypot(x, y)))


def to_galactic(ra: Floats, dec: Floats) -> tuple[Floats, Floats]:
    """Galactic longitude and latitude, degrees, of right ascension and declination, degrees."""
    return angles(EQUATORIAL_TO_GALACTIC @ unit_vectors(ra, dec))


def to_equatorial(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Inverse of `to_galactic`."""
    return angles(EQUATORIAL_TO_GALACTIC.T @ unit_vectors(longitude, latitude))
