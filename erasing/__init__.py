"""Personal data is taken away: on somebody's word and another's, or because its term is over."""
