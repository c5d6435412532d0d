"""The people who work here: sign-in, roles, administration, and the record of who did what."""
