"""Waiting, routing, presence: who waits for whom, why, and what becomes of it."""
