"""A carrier on a laptop: it performs call documents, sends webhooks and answers REST calls.

It imports nothing of the hotline; whatever works here works against any compatible carrier.
"""
