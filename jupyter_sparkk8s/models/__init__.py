"""Frozen values that the layers hand to each other; no behaviour beyond derived properties."""
