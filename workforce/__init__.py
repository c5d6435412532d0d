"""How many callers will come, how many seats they need, who is to sit there and who does."""
