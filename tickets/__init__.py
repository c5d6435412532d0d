"""Tickets: drafted from a call, completed by the agent, numbered, and told to the citizen."""
