"""Runs the rings of tests and says in one line each what came of them; `make test` and its siblings call it.

Standard library only. Leaves out installing Python and Node packages: that is the Makefile's.
"""
