"""Recordings: fetched from the carrier, kept, measured, and joined with what was said."""
