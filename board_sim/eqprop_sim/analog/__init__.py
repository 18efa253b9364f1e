"""The crossbar's physics in floating point: what the board's integers stand for, and what real devices do to it.

Files follow the mathematics:

    errors       what can be wrong with a circuit
    circuit      the network description: layers, conductances, diodes, amplifiers, bias pairs; SI units
    ideal        operating points with ideal diodes: exact block coordinate descent, batched
    learning     Equilibrium Propagation on a circuit, batched
"""

from .circuit import Circuit
from .errors import ConvergenceError, PhysicsError
from .ideal import Settings, drive, settle
from .learning import Trainer

__all__ = ["Circuit", "ConvergenceError", "PhysicsError", "Settings", "Trainer", "drive", "settle"]
