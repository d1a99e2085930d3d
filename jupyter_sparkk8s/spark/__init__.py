"""What we know of Spark: its properties, and the files that run inside a driver or an executor."""
