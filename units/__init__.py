"""The pages of member units: what they were given, and what they do with it."""
