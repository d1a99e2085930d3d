"""A synthetic star catalogue with the distributions of the real sky: input for tests that ask what astronomers ask.

Made of numpy and pyarrow alone; `make` writes it as Parquet. Leaves out spiral arms, the bar, clusters, single clouds of
dust and variable stars.
"""
