"""Three questions to a star catalogue as an astronomer writes them in a notebook: this file's text is the cell.

`stars` is the catalogue as a DataFrame (columns and units: tests/catalogue/table.py). An answer is a list that JSON can carry.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 (what every notebook calls it)


def density_map(stars: DataFrame, cell: float = 5.0) -> list[list[int]]:
    """How many stars, and how many with a parallax, lie in each cell of `cell` degrees of galactic longitude and latitude?

    Rows of [column, row, stars, with parallax]; column 0 begins at l = 0, row 0 at b = 0, southern rows are negative.
    """
    cells = stars.groupBy(F.floor(stars.l / cell).alias("i"), F.floor(stars.b / cell).alias("j"))
    counts = cells.agg(F.count("*"), F.count("parallax"))
    return [list(row) for row in counts.orderBy("i", "j").collect()]


def colour_magnitude_diagram(stars: DataFrame) -> list[list[int]]:
    """Where are the stars with good parallaxes in the plane of colour (0.1 mag) and absolute magnitude (0.25 mag)?

    Rows of [column, row, stars]; column 0 begins at BP - RP = 0, row 0 at M_G = 0.
    """
    query = """
        WITH good AS (
            SELECT bp - rp AS colour, g + 5 * log10(parallax) - 10 AS magnitude
            FROM {stars}
            WHERE parallax / parallax_error > 10 AND bp IS NOT NULL AND rp IS NOT NULL
        )
        SELECT floor(colour / 0.1D) AS i, floor(magnitude / 0.25D) AS j, count(*) AS stars
        FROM good GROUP BY i, j ORDER BY i, j
    """
    return [list(row) for row in stars.sparkSession.sql(query, stars=stars).collect()]


def companions(stars: DataFrame, radius: float = 5.0) -> list[list[float]]:
    """Which fainter stars lie within `radius` arcsec of a bright near one, and how do their proper motions differ?

    Rows of [source_id, source_id of the fainter, separation in arcsec, difference in mas/yr or None]. Zones of declination
    with a window of right ascension in each: Gray, Nieto-Santisteban & Szalay 2006, MSR-TR-2006-52.
    """
    degrees = radius / 3600
    stars = stars.withColumn("zone", F.floor(F.col("dec") / degrees))
    # As wide in right ascension as the circle is at this declination; around a pole, all of it.
    window = F.when(
        F.abs("dec") + degrees < 90, F.degrees(F.asin(F.sin(F.radians(F.lit(degrees))) / F.cos(F.radians("dec"))))
    ).otherwise(180)
    zones = F.explode(F.array(F.col("zone") - 1, F.col("zone"), F.col("zone") + 1))
    bright = stars.where("g < 16 AND parallax > 2").withColumns({"window": window, "zone": zones}).alias("a")
    faint = stars.where("g >= 16").alias("b")

    across = F.abs(F.pmod(F.col("b.ra") - F.col("a.ra") + 180, F.lit(360)) - 180)
    haversine = (
        F.pow(F.sin(F.radians(F.col("b.dec") - F.col("a.dec")) / 2), 2)
        + F.cos(F.radians("a.dec")) * F.cos(F.radians("b.dec")) * F.pow(F.sin(F.radians(across) / 2), 2)
    )  # fmt: skip
    pairs = (
        bright.join(faint, "zone")
        .where(across <= F.col("window") + 1e-9)
        .select(
            F.col("a.source_id").alias("star"),
            F.col("b.source_id").alias("companion"),
            (2 * 3600 * F.degrees(F.asin(F.sqrt(haversine)))).alias("separation"),
            F.hypot(F.col("b.pmra") - F.col("a.pmra"), F.col("b.pmdec") - F.col("a.pmdec")).alias("motion"),
        )
        .where(F.col("separation") <= radius)
    )
    return [list(row) for row in pairs.orderBy("star", "companion").collect()]
