"""The catalogue's stars have the distributions of the real sky: density, magnitudes, errors, missing values, pairs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.catalogue import healpix, observe, stars, truth
from tests.catalogue.galactic import to_galactic
from tests.catalogue.sky import HALO, THICK, THIN, Sky, densities
from tests.catalogue.table import ID_ORDER, SCHEMA, table
from tests.cluster.answers import candidates, separation

ROWS = 40_000


@cache
def sky() -> Sky:
    return Sky(order=3)


@cache
def drawn() -> truth.Truth:
    rng = np.random.default_rng(1)
    return truth.draw(sky(), 0, sky().rows_by_pixel(ROWS, rng), rng)


@cache
def columns() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    made = table(sky(), 0, sky().rows_by_pixel(ROWS, rng), rng)
    assert made.schema.equals(SCHEMA)
    assert made.num_rows == ROWS
    return {name: made[name].to_numpy() for name in made.column_names}


def test_as_many_stars_as_gaia_sees() -> None:
    # 1.8e9 sources in DR3; a model of smooth discs and dust is not better than this.
    assert 1.3e9 < sky().expected.sum() < 2.6e9


def test_as_many_stars_near_the_sun_as_there_are() -> None:
    dwarfs, giants, white = stars.luminosity_functions().sum(axis=1) * 0.02
    # The Gaia Catalogue of Nearby Stars (Smart et al. 2021) counts 0.081 per pc³ without the companions it can't resolve.
    assert 0.07 < dwarfs < 0.14
    assert giants == pytest.approx(3.9e-4, rel=0.01)
    assert white == pytest.approx(4.5e-3, rel=0.01)


def test_stars_crowd_towards_the_plane_and_the_centre() -> None:
    latitude, longitude = np.abs(columns()["b"]), columns()["l"]
    # Per square degree, in rings around the plane: each emptier than the one before; the innermost is dimmed by dust.
    edges = np.array([5.0, 15.0, 30.0, 50.0, 90.0])
    density = np.histogram(latitude, edges)[0] / np.diff(np.sin(np.radians(edges)))
    assert (density[:-1] > 1.5 * density[1:]).all()
    low = latitude < 20
    inner, outer = ((np.abs((longitude - centre + 180) % 360 - 180) < 45)[low].sum() for centre in (0, 180))
    assert inner > 3 * outer
    assert (columns()["b"] > 0).mean() == pytest.approx(0.5, abs=0.03)


def test_discs_thin_out_exponentially_with_height_and_radius() -> None:
    radius, height = np.array([8000.0, 8000.0, 8000.0, 8000.0 + 2600.0]), np.array([25.0, 325.0, -925.0, 25.0])
    thin, thick, halo = densities(radius, height)
    np.testing.assert_allclose(thin, np.exp([0, -1, -3, -1]), rtol=1e-12)
    np.testing.assert_allclose(thick, 0.12 * np.exp([0, -1 / 3, -1, -2600 / 3600]), rtol=1e-12)
    assert halo[0] == pytest.approx(0.0051, rel=0.03)
    _, latitude = to_galactic(drawn().ra, drawn().dec)
    above = np.abs(drawn().distance * np.sin(np.radians(latitude)))
    heights = [np.median(above[drawn().population == population]) for population in (THIN, THICK, HALO)]
    assert heights[2] > 2 * heights[1] > 3 * heights[0]


def test_old_stars_have_left_the_upper_main_sequence() -> None:
    young, old = (stars.luminosity_functions(old)[stars.MAIN_SEQUENCE] for old in (False, True))
    upper = stars.MAGNITUDES < stars.OLD_TURN_OFF
    assert not old[upper].any()
    np.testing.assert_array_equal(old[~upper], young[~upper])
    assert young[upper].sum() > 0


def test_magnitudes_end_at_the_limit_and_rise_towards_it() -> None:
    g = columns()["g"]
    assert g.max() < 21.2
    counts = np.histogram(g, np.arange(12, 22))[0]
    assert (np.diff(counts) > 0).all()
    assert 0.01 < (g < 15).mean() < 0.05  # 2 % in DR3


def test_errors_grow_with_magnitude_as_published() -> None:
    g, error = columns()["g"], columns()["parallax_error"]
    for magnitude, low, high in ((15, 0.02, 0.035), (17, 0.06, 0.09), (20, 0.4, 0.7), (20.9, 1.0, 1.5)):
        assert low < np.nanmedian(error[np.abs(g - magnitude) < 0.15]) < high
    medians = [np.nanmedian(error[(g >= low) & (g < low + 1)]) for low in range(13, 21)]
    assert (np.diff(medians) > 0).all()


def test_errors_are_what_they_claim_and_parallaxes_come_out_negative() -> None:
    seen = observe.observe(drawn(), np.random.default_rng(3)).values
    pull = (seen["parallax"] - 1000 / drawn().distance - observe.ZERO_POINT) / seen["parallax_error"]
    assert abs(pull.mean()) < 0.02
    assert pull.std() == pytest.approx(1, abs=0.02)
    parallax, over = columns()["parallax"], columns()["parallax"] / columns()["parallax_error"]
    assert 0.15 < np.nanmean(parallax < 0) < 0.35
    assert np.nanmin(over) > -6
    assert np.nanmax(over) > 100


def test_what_is_missing_is_missing_together_and_mostly_for_faint_stars() -> None:
    g, absent = columns()["g"], {name: np.isnan(columns()[name]) for name in ("parallax", "parallax_error", "pmra", "bp", "rp")}
    np.testing.assert_array_equal(absent["parallax"], absent["pmra"])
    np.testing.assert_array_equal(absent["parallax"], absent["parallax_error"])
    assert not (absent["rp"] & ~absent["bp"]).any()
    for name, whole in (("parallax", 0.14), ("bp", 0.13)):
        bright, faint = absent[name][g < 19].mean(), absent[name][g > 20.5].mean()
        assert bright < 0.03
        assert faint > 0.25
        assert absent[name].mean() == pytest.approx(whole, abs=0.03)
    assert absent["bp"].sum() > absent["rp"].sum() > 0


def test_the_diagram_has_a_main_sequence_a_clump_and_white_dwarfs() -> None:
    magnitude, rng = np.array([0.5, 4.635, 11.21, 14.0]).repeat(2000), np.random.default_rng(4)
    functions = stars.luminosity_functions()
    kind = stars.classes(magnitude, functions, rng)
    colour = stars.colours(magnitude, kind, rng)
    sun = colour[(magnitude == 4.635) & (kind == stars.MAIN_SEQUENCE)]
    assert sun.mean() == pytest.approx(0.823, abs=0.01)
    assert colour[(magnitude == 11.21) & (kind == stars.MAIN_SEQUENCE)].mean() == pytest.approx(2.94, abs=0.01)
    clump = colour[(magnitude == 0.5) & (kind == stars.GIANT)]
    assert len(clump) > 800
    assert clump.mean() == pytest.approx(1.25, abs=0.03)
    white = colour[(magnitude == 14.0) & (kind == stars.WHITE_DWARF)]
    assert len(white) > 50
    assert white.mean() == pytest.approx(0.75, abs=0.05)


def test_near_stars_move_fast_and_dust_reddens() -> None:
    speed = np.hypot(drawn().pmra, drawn().pmdec) * drawn().distance / 1000 * 4.74047
    near = drawn().distance < 500
    assert 25 < np.median(speed[near]) < 60  # km/s across the line of sight
    bright = columns()["g"] < 18
    colour = (columns()["bp"] - columns()["rp"])[bright]
    plane = np.abs(columns()["b"][bright]) < 5
    assert np.nanmedian(colour[plane]) > np.nanmedian(colour[~plane]) + 0.2


def test_ids_are_unique_sorted_and_say_where_a_star_is() -> None:
    ids = columns()["source_id"]
    assert (np.diff(ids) > 0).all()
    np.testing.assert_array_equal(ids >> 35, healpix.nested_pixel(columns()["ra"], columns()["dec"], ID_ORDER))


def test_pairs_share_distance_and_motion_and_lie_within_five_arcsec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "PAIRS_PER_STAR", 0.002)
    rng = np.random.default_rng(5)
    counts = sky().rows_by_pixel(ROWS, rng)
    found = truth.draw(sky(), 0, counts, rng)
    every = np.arange(ROWS)
    first, second = candidates(found.ra, found.dec, every, every, 5.1)
    apart = separation(found.ra, found.dec, first, second)
    true = (first < second) & (apart < 5.01) & (found.distance[first] == found.distance[second])
    assert true.sum() == pytest.approx(80, abs=1)
    assert apart[true].min() > 0.99
    assert apart[true].max() < 5.01
    first, second = first[true], second[true]
    difference = np.hypot(found.pmra[first] - found.pmra[second], found.pmdec[first] - found.pmdec[second])
    assert np.median(difference) < 3
    # Each pair stays in its pixel, and so in its file.
    pixels = healpix.nested_pixel(found.ra, found.dec, order=3)
    np.testing.assert_array_equal(pixels[first], pixels[second])
