"""Commands that put eqprop on a board, measure it, and carry networks to and fro."""
