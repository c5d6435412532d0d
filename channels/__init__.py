"""Doors without a telephone: the citizen's page, what units are told, the interface they call."""
