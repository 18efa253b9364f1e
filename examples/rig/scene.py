"""A rig around the board: the chips of `eqprop_sim.rig`, with the spread of real ones.

Acts: "main", all chips well; "dead", a potentiometer that does not answer; "swapped", two chip selects swapped;
"silent", a converter that does not answer; "stuck", a wiper that does not move.
"""

import machine
from clock import clock
from eqprop.rig.layout import Layout
from eqprop_sim.rig.bench import Address, Bench, Spread

ACTS = ("main", "dead", "swapped", "silent", "stuck")
ADDRESS = (6, 7, 8, 9)
ENABLES = (10, 11)
SEED = 1


def follow(pin):
    """Return what sets a decoder's input to a pin's level."""

    def changed(level):
        pin.level = level

    return changed


def play(act, flash):
    """Wire the chips to the board."""
    if act not in ACTS:
        raise ValueError("act: {} is not one of {}".format(act, ", ".join(ACTS)))
    bench = Bench(Layout("2-4-2"), SEED, Spread(), clock)
    for number, pin in zip(ADDRESS + ENABLES, bench.address + bench.enables):
        machine.drive(number, 1)
        machine.watch(number, follow(pin))
    machine.attach_spi(bench)
    for address in bench.addresses():
        machine.attach(address, Address(bench, address))
    if act == "dead":
        bench.dead.add("U5")
    elif act == "swapped":
        bench.swapped = {3: 8, 8: 3}
    elif act == "silent":
        bench.dead.add("U20")
    elif act == "stuck":
        bench.pots[6].stuck.add(1)
