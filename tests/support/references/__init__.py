"""Independent makings of what eqprop makes, to compare it with, and cases to compare on."""
