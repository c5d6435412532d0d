"""Our side of the carrier: nothing outside this package knows the carrier's vocabulary."""
