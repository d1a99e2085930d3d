"""What a survey like Gaia DR3 measures of stars: errors that grow towards faint stars, and values that are missing.

Leaves out correlations between the errors, blends of close stars and spurious solutions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.catalogue.truth import Truth

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ZERO_POINT = -0.017
"""Offset of all parallaxes, mas: median of the quasars, Lindegren et al. 2021, A&A 649, A4."""
_PM_RA, _PM_DEC = 1.03, 0.89
"""Errors of the proper motions (mas/yr) over that of the parallax (mas): as for `parallax_error`."""
_BP, _RP = 1.270, 0.747
"""Extinction in BP and RP over that in G: Wang & Chen 2019, ApJ 877, 116, table 3."""
# BP - RP and G - RP of dwarfs, Mamajek's table (see `stars.DWARFS`).
_BP_RP = (-0.25, -0.120, -0.037, 0.194, 0.377, 0.587, 0.784, 0.983, 1.10, 1.43, 1.84, 2.23, 2.50, 2.94, 3.35, 3.71, 4.16, 4.86)
_G_RP = (-0.10, -0.036, -0.020, 0.130, 0.230, 0.329, 0.439, 0.560, 0.62, 0.74, 0.92, 1.06, 1.13, 1.24, 1.33, 1.38, 1.43, 1.57)
# Mean photometric uncertainties at G = 13, 17 and 20, mag: ESA's list of the contents of Gaia DR3; 21 is drawn on.
_AT = (13.0, 17.0, 20.0, 21.0)
_NOISE = {"g": (0.3e-3, 1e-3, 6e-3, 12e-3), "bp": (0.9e-3, 12e-3, 108e-3, 220e-3), "rp": (0.6e-3, 6e-3, 52e-3, 110e-3)}


@dataclass(frozen=True)
class Observed:
    """Measured values by column name, and by column name where they are missing."""

    values: dict[str, Floats]
    missing: dict[str, Flags]


def parallax_error(g: Floats) -> Floats:
    """Sky-averaged standard error of the parallax, mas, at apparent magnitude g.

    sqrt(40 + 800 z + 30 z²) µas with z = 10^(0.4 (max(G, 13) - 15)), ESA's Gaia science performance pages for (E)DR3. It
    gives 0.03 mas at G = 15, 0.08 at 17, 0.6 at 20 and 1.4 at 21; the catalogue's medians are 0.02 to 0.03, 0.07, 0.5 and
    1.3 (Gaia Collaboration, Vallenari et al. 2023, A&A 674, A1; Lindegren et al. 2021, A&A 649, A2).
    """
    z = 10.0 ** (0.4 * (np.maximum(g, 13.0) - 15.0))
    return np.asarray(1e-3 * np.sqrt(40.0 + 800.0 * z + 30.0 * z**2))


def two_parameter_share(g: Floats) -> Floats:
    """Share of stars with a position alone, at apparent magnitude g.

    Of all sources in DR3 it is 19 % (343 964 953 of 1 811 709 771), nearly all fainter than 19, and all beyond 21, where this
    catalogue ends; the rise between is chosen so.
    """
    return np.asarray(0.005 + 0.75 / (1.0 + np.exp(-(g - 20.6) / 0.25)))


def colourless_share(g: Floats) -> Floats:
    """Share of stars without BP, at apparent magnitude g; in DR3 15 % of all (1 542 033 472 have it), mostly faint ones."""
    return np.asarray(0.004 + 0.55 / (1.0 + np.exp(-(g - 20.5) / 0.3)))


def observe(truth: Truth, rng: np.random.Generator) -> Observed:
    """Measure stars: `parallax` (mas), `parallax_error`, `pmra`, `pmdec` (mas/yr), `g`, `bp`, `rp` (mag)."""
    count, g = len(truth.ra), truth.g
    # Scanning law and crowding spread the errors about their mean: 10 %.
    error = parallax_error(g) * np.exp(0.1 * rng.standard_normal(count))
    noise = rng.standard_normal((3, count)) * error
    rp = g - truth.a_g - np.interp(truth.colour, _BP_RP, _G_RP)
    bp = rp + truth.colour
    values = {
        "parallax": 1000.0 / truth.distance + ZERO_POINT + noise[0],
        "parallax_error": error,
        "pmra": truth.pmra + _PM_RA * noise[1],
        "pmdec": truth.pmdec + _PM_DEC * noise[2],
        "g": g + _photometric_noise("g", g, rng),
        "bp": bp + _BP * truth.a_g + _photometric_noise("bp", g, rng),
        "rp": rp + _RP * truth.a_g + _photometric_noise("rp", g, rng),
    }
    position_only = rng.random(count) < two_parameter_share(g)
    colourless = rng.random(count) < colourless_share(g)
    missing = dict.fromkeys(("parallax", "parallax_error", "pmra", "pmdec"), position_only)
    # RP is there a little more often: 1 554 997 939.
    missing |= {"bp": colourless, "rp": colourless & (rng.random(count) < 0.95)}
    return Observed(values, missing)


def _photometric_noise(band: str, g: Floats, rng: np.random.Generator) -> Floats:
    width = np.exp(np.interp(g, _AT, np.log(_NOISE[band])))
    return np.asarray(width * rng.standard_normal(len(g)))
