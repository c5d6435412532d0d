"""Where agents work: the softphone, who is calling, what is known, the ticket."""
