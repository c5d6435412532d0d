"""The demo city: data, planted once; nothing in the system depends on it."""
