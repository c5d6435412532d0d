"""回呼: what leads see of whom is rung back, and what each line does with who is missed."""
