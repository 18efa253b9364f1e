"""The studies of `eqprop study`, one module each: many runs behind one table, as a command that repeats them.

A module is as a command's (`eqprop_host.commands`): its docstring is the help, with `add_options` and `run`.
"""

from . import mismatch, mnist, spice

STUDIES = {"mismatch": mismatch, "mnist": mnist, "spice": spice}
"""By the name that is typed, in the order in which help lists them."""
