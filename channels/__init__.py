"""Doors for other systems: what units are told, and the interface that they call."""
