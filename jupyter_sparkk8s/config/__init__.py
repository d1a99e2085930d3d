"""Administrators' settings: traits, templates, quantities, and their resolution into a DriverSpec."""
