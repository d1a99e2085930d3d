"""Joins what the cluster and the driver's Spark say into one snapshot per kernel, and says what has changed."""
