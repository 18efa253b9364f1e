"""The third energy model: a resistive network whose nodes drive differential rows, so that deep ones learn.

It is the resistive network of `eqprop.crossbar` with three changes:

- signed rows: each node of a hidden layer drives a row at +v and, by an inverting amplifier, one at -v, as each input
  does. A weight between layers is the difference of two conductances: it may have either sign, and all hidden nodes may
  be excitatory.
- paired outputs: a class has two output nodes, and its output is the difference of their voltages (Kendall et al. 2020,
  arXiv 2006.01981). The nudge goes into the one and out of the other.
- response: a small nudge moves a node three layers below the outputs by some 2**-20 of what it moves these, far less
  than one step of an int16 voltage. So the emulation does not settle two nudged states, to subtract them. Between two
  switchings of a diode the circuit is linear, so displacements obey the circuit's own laws: they are settled by
  themselves, once, with the nodes that a diode or a rail holds fixed, each layer in a unit of its own, a power of two.

There is still one energy: with a node's voltage v_j and the voltage r_i of a row, 2**gain * v_i or its negative,
settling minimises the dissipated power, half the sum of g_ij * (r_i - v_j)**2. Every conductance changes by the slope
of (r_i - v_j)**2 along the displacement: the negative gradient of the loss (Scellier & Bengio 2017), in the limit of a
small nudge.

A chip cannot show displacements: it shows two states that differ. Use the model `resistive` for one.

Modules: `planning`, `crossbar` (the contract), `circuit`, `dynamics`, `kernels`.
"""
