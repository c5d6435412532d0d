"""Cities from files; the demo city is one, and nothing in the system depends on it."""
