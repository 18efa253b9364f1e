"""Commands that put eqprop on a board, measure it, and copy networks to and from it."""
