"""The host's side of eqprop: the link to a board, data sets, logs, pictures, and the `eqprop` command."""
