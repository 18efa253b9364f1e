"""`eqprop study learning`: eqprop's energy models and other learners, on public data sets."""
