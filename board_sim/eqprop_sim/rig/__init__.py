"""A simulated rig: the chips of `eqprop.rig` by their registers, around a circuit that Kirchhoff's laws solve.

Frames go in, wipers and sources change, the circuit is solved, and codes with noise come out. `Bench` is the whole rig,
with its faults. It runs on CPython and on MicroPython, and shares no driver with `eqprop.rig`, only the layout.
"""
