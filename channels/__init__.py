"""How tickets come in and are looked after without a telephone."""
