"""Tickets as the hotline takes them."""

from tests.tickets.conftest import a_call, agent, citizen, place, wang  # noqa: F401
