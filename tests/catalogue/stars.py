"""What stars are: how many of each absolute magnitude there are near the Sun, and of what colour.

Three classes: main sequence, giants (with the red clump) and white dwarfs. Leaves out brown dwarfs and unseen binaries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAIN_SEQUENCE, GIANT, WHITE_DWARF = range(3)

MAGNITUDES: Floats = np.arange(-4.0, 18.0, 0.02, dtype=np.float64)
"""Grid of absolute G magnitudes on which the luminosity functions live."""
_STEP = 0.02

# Spectral type, absolute G, BP - RP, mass in solar masses: E. Mamajek, "A Modern Mean Dwarf Stellar Color and Effective
# Temperature Sequence", version 2024.05.15 (Pecaut & Mamajek 2013, ApJS 208, 9). B5's colour is not in it: drawn on by eye.
DWARFS = (
    ("B5", -0.84, -0.25, 4.7), ("B9", 0.515, -0.120, 2.75), ("A0", 1.00, -0.037, 2.33), ("A5", 1.98, 0.194, 1.86),
    ("F0", 2.51, 0.377, 1.60), ("F5", 3.26, 0.587, 1.32), ("G0", 4.325, 0.784, 1.07), ("G2", 4.635, 0.823, 1.00),
    ("K0", 5.553, 0.983, 0.86), ("K2", 5.83, 1.10, 0.82), ("K5", 6.85, 1.43, 0.70), ("K7", 7.57, 1.70, 0.64),
    ("M0", 8.10, 1.84, 0.585), ("M1", 8.82, 2.09, 0.51), ("M2", 9.29, 2.23, 0.45), ("M3", 10.05, 2.50, 0.36),
    ("M4", 11.21, 2.94, 0.24), ("M5", 12.45, 3.35, 0.155), ("M5.5", 13.35, 3.71, 0.122), ("M6", 14.26, 4.16, 0.105),
    ("M7", 14.72, 4.65, 0.090), ("M8", 15.20, 4.86, 0.086), ("M9", 16.20, 4.78, 0.079),
)  # fmt: skip
# Absolute G and BP - RP along the giant branch and the white dwarfs' cooling track, read by eye from the diagrams of Gaia
# Collaboration, Babusiaux et al. 2018, A&A 616, A10 (figures 5 and 13).
_GIANT_BRANCH = ((-3.0, 2.60), (-2.0, 2.00), (-1.0, 1.60), (0.0, 1.32), (1.0, 1.18), (2.0, 1.08), (3.5, 0.95))
_COOLING_TRACK = ((10.0, -0.45), (11.0, -0.30), (12.0, 0.00), (13.0, 0.35), (14.0, 0.75), (15.0, 1.15), (15.8, 1.50))

_GIANTS = 3.9e-4
"""Giants per pc³ near the Sun: Bovy 2017, MNRAS 470, 1360."""
_CLUMP_SHARE = 0.35
_CLUMP = (0.50, 0.22)
"""Mean and width of the red clump in absolute G: Ruiz-Dern et al. 2018, A&A 609, A116, widened for age and metallicity."""
_WHITE_DWARFS = 4.5e-3
"""White dwarfs per pc³: Hollands et al. 2018, MNRAS 480, 3942."""
OLD_TURN_OFF = 3.9
"""Absolute G of the brightest dwarfs of a population of about 10 Gyr."""
_SMOOTHING = 0.25
"""Spread of metallicity and of unseen companions about the mean sequence, mag in absolute G."""


def _numbers_by_mass(mass: Floats) -> Floats:
    """Dwarfs per pc³ heavier than `mass` (solar masses).

    Present-day mass function: 0.016 M^-4.7 above one solar mass (Bovy 2017), below it Kroupa's slopes (2001, MNRAS 322, 231).
    """
    heavy = 0.016 / 3.7 * np.maximum(mass, 1.0) ** -3.7
    middle = 0.016 / 1.3 * (np.clip(mass, 0.5, 1.0) ** -1.3 - 1.0)
    light = 0.016 * 0.5**-1.0 / 0.3 * (np.minimum(mass, 0.5) ** -0.3 - 0.5**-0.3)
    return np.asarray(heavy + middle + light)


def luminosity_functions(old: bool = False) -> Floats:
    """(3, len(MAGNITUDES)) stars per pc³ and mag near the Sun, one row a class; `old` has no dwarfs above the turn-off."""
    knots, masses = np.array([(row[1], row[3]) for row in DWARFS]).T
    mass = np.exp(np.interp(MAGNITUDES, knots, np.log(masses)))
    dwarfs = np.gradient(_numbers_by_mass(mass), MAGNITUDES)
    width = np.arange(-60, 61) * _STEP
    kernel = np.exp(-0.5 * (width / _SMOOTHING) ** 2)
    dwarfs = np.convolve(dwarfs, kernel / kernel.sum(), mode="same")
    if old:
        dwarfs[MAGNITUDES < OLD_TURN_OFF] = 0.0
    branch = np.where((MAGNITUDES > -3.0) & (MAGNITUDES < 3.5), 10.0 ** (0.25 * MAGNITUDES), 0.0)
    clump = np.exp(-0.5 * ((MAGNITUDES - _CLUMP[0]) / _CLUMP[1]) ** 2)
    giants = _GIANTS * (_CLUMP_SHARE * _unit(clump) + (1.0 - _CLUMP_SHARE) * _unit(branch))
    cooling = np.where((MAGNITUDES > 10.0) & (MAGNITUDES < 15.8), 10.0 ** (0.3 * MAGNITUDES), 0.0)
    return np.stack([dwarfs, giants, _WHITE_DWARFS * _unit(cooling)])


def _unit(values: Floats) -> Floats:
    """Scale to an integral of one over the grid."""
    return np.asarray(values / (values.sum() * _STEP))


def cumulative(functions: Floats) -> Floats:
    """(len(MAGNITUDES),) stars per pc³ brighter than each magnitude of the grid, all classes together."""
    return np.asarray(np.cumsum(functions.sum(axis=0)) * _STEP)


def classes(magnitude: Floats, functions: Floats, rng: np.random.Generator) -> Integers:
    """Draw a class for each star of given absolute magnitude."""
    share = functions / np.maximum(functions.sum(axis=0), 1e-300)
    where = np.clip(((magnitude - MAGNITUDES[0]) / _STEP).astype(np.int64), 0, len(MAGNITUDES) - 1)
    draw = rng.random(len(magnitude))
    dwarf, giant = share[MAIN_SEQUENCE][where], share[GIANT][where]
    return np.where(draw < dwarf, MAIN_SEQUENCE, np.where(draw < dwarf + giant, GIANT, WHITE_DWARF))


def colours(magnitude: Floats, kind: Integers, rng: np.random.Generator) -> Floats:
    """Intrinsic BP - RP, mag: the mean of the class and a scatter for metallicity and age."""
    dwarf = np.interp(magnitude, [row[1] for row in DWARFS], [row[2] for row in DWARFS])
    giant, cooling = (np.interp(magnitude, *np.array(track).T) for track in (_GIANT_BRANCH, _COOLING_TRACK))
    mean = np.choose(kind, [dwarf, giant, cooling])
    return np.asarray(mean + np.choose(kind, [0.05, 0.06, 0.08]) * rng.standard_normal(len(magnitude)))
