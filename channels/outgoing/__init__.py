"""The outbox: every notice of a unit, carried to its duty phones and to its own system."""
