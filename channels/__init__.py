"""Doors without a telephone: citizens on the web, and units' own systems."""
