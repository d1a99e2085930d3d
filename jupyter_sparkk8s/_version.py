"""The one place that holds the version. It leaves out the npm package's, which a test compares with it."""

__version__ = "0.1.0"
