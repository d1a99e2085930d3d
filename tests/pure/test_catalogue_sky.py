"""The catalogue's two maps of the sphere: galactic coordinates and HEALPix pixels, against published positions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.catalogue import galactic, healpix

HIPPARCOS = (
    (-0.0548755604, -0.8734370902, -0.4838350155),
    (+0.4941094279, -0.4448296300, +0.7469822445),
    (-0.8676661490, -0.1980763734, +0.4559837762),
)
"""ESA SP-1200, volume 1, equation 1.5.11, transposed as it is used here."""

# Name, Gaia DR3 source_id, position at J2016 in degrees: nearby stars, whose ids anybody can look up.
GAIA = (
    ("Proxima Centauri", 5853498713190525696, 217.3923, -62.6761),
    ("Barnard's Star", 4472832130942575872, 269.4486, 4.7394),
    ("Sirius B", 2947050466531873024, 101.2866, -16.7209),
    ("Wolf 359", 3864972938605115520, 164.1032, 7.0027),
    ("61 Cygni B", 1872046574983497216, 316.7485, 38.7620),
)


def everywhere(count: int = 20_000) -> tuple[healpix.Floats, healpix.Floats]:
    rng = np.random.default_rng(1)
    return rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))


def test_the_rotation_is_the_one_hipparcos_printed() -> None:
    np.testing.assert_allclose(galactic.EQUATORIAL_TO_GALACTIC, HIPPARCOS, atol=5.1e-11)
    np.testing.assert_allclose(galactic.EQUATORIAL_TO_GALACTIC @ galactic.EQUATORIAL_TO_GALACTIC.T, np.eye(3), atol=1e-15)


@pytest.mark.parametrize(
    ("ra", "dec", "longitude", "latitude"),
    [
        (192.85948, 27.12825, None, 90.0),  # north galactic pole
        (266.40510, -28.93617, 0.0, 0.0),  # galactic centre by definition
        (266.41684, -29.00781, 359.94423, -0.04616),  # Sagittarius A*: Reid & Brunthaler 2004
        (0.0, 90.0, 122.93192, 27.12825),  # north celestial pole
        (83.82208, -5.39111, 209.0137, -19.3816),  # Orion's Trapezium
    ],
)
def test_known_positions(ra: float, dec: float, longitude: float | None, latitude: float) -> None:
    (found_l,), (found_b,) = galactic.to_galactic(np.array([ra]), np.array([dec]))
    assert found_b == pytest.approx(latitude, abs=1e-4)
    if longitude is not None:
        assert (found_l - longitude + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


def test_there_and_back_again() -> None:
    ra, dec = everywhere()
    back_ra, back_dec = galactic.to_equatorial(*galactic.to_galactic(ra, dec))
    np.testing.assert_allclose(back_dec, dec, atol=1e-11)
    np.testing.assert_allclose((back_ra - ra + 180) % 360 - 180, 0, atol=1e-9)


@pytest.mark.parametrize(("source_id", "ra", "dec"), [row[1:] for row in GAIA], ids=[row[0] for row in GAIA])
def test_pixels_are_numbered_as_in_gaias_own_ids(source_id: int, ra: float, dec: float) -> None:
    (pixel,) = healpix.nested_pixel(np.array([ra]), np.array([dec]), order=8)
    assert pixel == source_id >> 43  # 35 bits of other things, and four orders down from 12


def test_positions_and_points_on_faces_are_the_same() -> None:
    ra, dec = everywhere()
    back_ra, back_dec = healpix.sky_position(*healpix.face_position(ra, dec))
    np.testing.assert_allclose(back_dec, dec, atol=1e-9)
    np.testing.assert_allclose(((back_ra - ra + 180) % 360 - 180) * np.cos(np.radians(dec)), 0, atol=1e-9)


def test_a_pole_keeps_its_digits() -> None:
    ra, dec = np.array([10.0, 200.0, 359.0]), np.array([90 - 1e-6, -90 + 1e-6, 90 - 1e-7])
    back_ra, back_dec = healpix.sky_position(*healpix.face_position(ra, dec))
    np.testing.assert_allclose(back_dec, dec, atol=1e-9)
    np.testing.assert_allclose(back_ra, ra, atol=1e-2)


def test_corners_and_numbers_of_pixels_agree() -> None:
    order = 4
    pixels = np.arange(healpix.pixel_count(order))
    face, x, y = healpix.pixel_corner(pixels, order)
    half = 0.5 ** (order + 1)
    np.testing.assert_array_equal(healpix.nested_pixel(*healpix.sky_position(face, x + half, y + half), order), pixels)


def test_pixels_have_equal_areas() -> None:
    ra, dec = everywhere(200_000)
    counts = np.bincount(healpix.nested_pixel(ra, dec, order=2), minlength=192)
    # 191 degrees of freedom: 300 is 5.6 standard deviations off.
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 300
