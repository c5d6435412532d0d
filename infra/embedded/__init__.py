"""Databases for one machine: binaries out of Python wheels, run as children."""
