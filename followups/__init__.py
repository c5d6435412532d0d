"""Follow-ups: the citizen says whether it is as the unit answered, and what follows from it."""
