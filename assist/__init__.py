"""Understanding what citizens say, and what the hotline knows about it."""
