"""Studies that run for minutes or hours; `tests/soak` runs a short form of each."""
