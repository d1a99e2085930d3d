"""The reference that Spark's answers are compared with is itself compared with the plain way, on few stars."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cluster import answers


def patch(ra: float, dec: float, count: int = 400, width: float = 0.02) -> answers.Columns:
    """Stars crowded around a position, all bright and near, with a faint one for each."""
    rng = np.random.default_rng(1)
    offset = rng.uniform(-width, width, (2, count))
    # A tangent plane, so that a pole and the end of right ascension are places like any other.
    lon, lat = np.radians([ra, dec])
    centre = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    x, y, z = centre[:, None] + np.radians(offset[0]) * east[:, None] + np.radians(offset[1]) * np.cross(centre, east)[:, None]
    g = rng.choice([15.0, 17.0], count).astype(np.float32)
    motion = rng.normal(size=(2, count))
    motion[:, ::7] = np.nan
    return {
        "source_id": np.arange(count) + 2**60,
        "ra": np.mod(np.degrees(np.arctan2(y, x)), 360.0),
        "dec": np.degrees(np.arctan2(z, np.hypot(x, y))),
        "g": g, "parallax": rng.choice([1.0, 3.0, np.nan], count), "pmra": motion[0], "pmdec": motion[1],
    }  # fmt: skip


@pytest.mark.parametrize(("ra", "dec"), [(120, 30), (0, -10), (359.999, 70), (200, 89.99), (10, 90), (77, -90), (45, -89.999)])
def test_pairs_are_those_of_comparing_all_with_all(ra: float, dec: float) -> None:
    stars = patch(ra, dec)
    ids, values = answers.companions(stars, radius=20.0)
    bright, faint = (stars["g"] < 16) & (stars["parallax"] > 2), stars["g"] >= 16
    lon, lat = np.radians(stars["ra"]), np.radians(stars["dec"])
    cosine = np.sin(lat) * np.sin(lat)[:, None] + np.cos(lat) * np.cos(lat)[:, None] * np.cos(lon - lon[:, None])
    # At 20 arcsec an arc cosine still has four good digits; no pair of these patches is as near to the border.
    apart = np.degrees(np.arccos(np.minimum(cosine, 1.0))) * 3600
    expected = np.argwhere((apart <= 20) & bright[:, None] & faint) + 2**60
    assert len(expected) > 30
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_allclose(values[:, 0], apart[tuple((expected - 2**60).T)], atol=0.01)
    assert np.isnan(values[:, 1]).any()
    assert np.isfinite(values[:, 1]).any()


def test_a_pair_on_the_border_is_refused() -> None:
    stars = patch(120, 30)
    _, values = answers.companions(stars, radius=20.0)
    with pytest.raises(ValueError, match="border of the radius"):
        answers.companions(stars, radius=values[:, 0].max())


def test_the_map_counts_every_star_once() -> None:
    rng = np.random.default_rng(2)
    stars = {"l": rng.uniform(0, 360, 5000), "b": rng.uniform(-90, 90, 5000), "parallax": rng.choice([1.0, np.nan], 5000)}
    rows = answers.density_map(stars, cell=30.0)
    plain = np.histogram2d(stars["l"], stars["b"], [np.arange(0, 361, 30), np.arange(-90, 91, 30)])[0]
    assert len(rows) == plain.size
    np.testing.assert_array_equal(plain[rows[:, 0], rows[:, 1] + 3], rows[:, 2])
    assert rows[:, 3].sum() == np.isfinite(stars["parallax"]).sum()
    assert rows[:, :2].tolist() == sorted(rows[:, :2].tolist())


def test_the_diagram_keeps_good_stars_alone() -> None:
    stars: answers.Columns = {
        "parallax": np.array([10.0, 10.0, 10.0, 0.5, np.nan, -10.0]),
        "parallax_error": np.array([0.1, 0.1, 0.1, 0.1, np.nan, 0.1], dtype=np.float32),
        "g": np.array([9.6, 9.6, 9.6, 9.6, 9.6, 9.6], dtype=np.float32),
        "bp": np.array([1.05, 1.07, np.nan, 1.0, 1.0, 1.0], dtype=np.float32),
        "rp": np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], dtype=np.float32),
    }
    # M_G = 9.6 + 5 log10(10) - 10 = 4.6: row 18; colours 0.55 and 0.57: column 5.
    assert answers.colour_magnitude_diagram(stars).tolist() == [[5, 18, 2]]
    stars["g"] = np.array([9.5] * 6, dtype=np.float32)
    with pytest.raises(ValueError, match="border of a row"):
        answers.colour_magnitude_diagram(stars)
