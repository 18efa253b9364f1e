"""The Hopfield network of `eqprop.hopfield` with weights of 8 bits, `model="hopfield", bits=8`: half the memory.

A weight is an int8 with 7 bits after the point, -1..127/128, and takes a byte of heap, of flash and of the line. All
else is as in `eqprop.hopfield`. Most changes are smaller than a step, so they are rounded at random (`kernels.plain`).
The random bits follow from the weights and the loss before the change: a run gives the same weights on every
interpreter and tier, and after any restart, with nothing to keep. In formats and messages the model's name is
"hopfield8".
"""
