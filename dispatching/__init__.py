"""Pages of dispatchers, reviewers and leads: what goes to which unit, and what comes back."""
