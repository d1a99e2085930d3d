"""Equal-area pixels of the sphere in nested order, whose numbers open a source_id as they do Gaia's.

Source: Górski et al. 2005, ApJ 622, 759, sections 4 and 5. A point is a face (0 to 11) and x, y in [0, 1) on it, x growing
to the north-east and y to the north-west; area on a face is area on the sphere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FACES = 12
_ROW = np.repeat([2.0, 3.0, 4.0], 4)
"""Distance of each face's southern corner from the north pole, in quarters of the way to the south pole."""
_COLUMN = np.array([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7], dtype=np.float64)
"""Longitude of each face's centre, in units of 45 degrees."""
_MASKS = (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0xFFFFFFFF)
_SHIFTS = (1, 2, 4, 8, 16)


def pixel_count(order: int) -> int:
    """Number of pixels at an order: 12 · 4^order."""
    return FACES << (2 * order)


def sky_position(face: Integers, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Right ascension in [0, 360) and declination, both in degrees, of points on faces."""
    row = _ROW[face] - x - y
    # Towards a pole the rings shrink; in between all have the full width.
    width = np.minimum(1.0, np.minimum(row, 4.0 - row))
    cap = width**2 / 3.0
    z = np.where(row < 1.0, 1.0 - cap, np.where(row > 3.0, cap - 1.0, (2.0 - row) * 2.0 / 3.0))
    # Near a pole 1 - z² would lose half of the digits.
    sine = np.where(width < 1.0, np.sqrt(cap * (2.0 - cap)), np.sqrt(1.0 - z**2))
    turn = np.mod(_COLUMN[face] * width + x - y, 8.0 * width)
    ra = np.mod(np.degrees(turn * (np.pi / 4.0) / np.maximum(width, 1e-300)), 360.0)
    return ra, np.degrees(np.arctan2(z, sine))


def face_position(ra: Floats, dec: Floats) -> tuple[Integers, Floats, Floats]:
    """Inverse of `sky_position`: face and x, y of positions in degrees."""
    z = np.sin(np.radians(dec))
    quarter = np.mod(ra, 360.0) / 90.0
    # Equatorial belt: numbers of the diagonals that go up and down through the point.
    rising, falling = 0.5 + quarter - 0.75 * z, 0.5 + quarter + 0.75 * z
    up, down = np.floor(rising).astype(np.int64), np.floor(falling).astype(np.int64)
    belt = np.where(up == down, up | 4, np.where(up < down, up, down + 8))
    # Polar caps.
    turn = np.minimum(np.floor(quarter), 3.0)
    width = np.cos(np.radians(dec)) * np.sqrt(3.0 / (1.0 + np.abs(z)))
    east, west = (quarter - turn) * width, (1.0 - (quarter - turn)) * width
    north = z > 2.0 / 3.0
    cap = north | (z < -2.0 / 3.0)
    face = np.where(cap, turn.astype(np.int64) + np.where(north, 0, 8), belt)
    x = np.where(cap, np.where(north, 1.0 - west, east), falling - down)
    y = np.where(cap, np.where(north, 1.0 - east, west), 1.0 - (rising - up))
    return face, np.clip(x, 0.0, 1.0), np.clip(y, 0.0, 1.0)


def nested_pixel(ra: Floats, dec: Floats, order: int) -> Integers:
    """Number of the pixel at `order` (at most 15) that holds each position (degrees), in nested order."""
    face, x, y = face_position(ra, dec)
    side = 1 << order
    column, line = (np.minimum((v * side).astype(np.int64), side - 1) for v in (x, y))
    number: Integers = (face << (2 * order)) | _spread(column) | (_spread(line) << 1)
    return number


def pixel_corner(pixel: Integers, order: int) -> tuple[Integers, Floats, Floats]:
    """Face and southern corner (x, y) of pixels; each is a square of side 2^-order."""
    inside = pixel & ((1 << (2 * order)) - 1)
    side = float(1 << order)
    return pixel >> (2 * order), _gather(inside) / side, _gather(inside >> 1) / side


def _spread(value: Integers) -> Integers:
    """Put a zero between any two bits."""
    for shift, mask in zip(reversed(_SHIFTS), reversed(_MASKS[:-1]), strict=True):
        value = (value | (value << shift)) & mask
    return value


def _gather(value: Integers) -> Integers:
    """Take every second bit: the inverse of `_spread`."""
    value = value & _MASKS[0]
    for shift, mask in zip(_SHIFTS, _MASKS[1:], strict=True):
        value = (value | (value >> shift)) & mask
    return value
