"""/api/v1: what a unit does on its pages, for the unit's own system."""
