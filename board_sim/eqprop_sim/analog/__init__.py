"""The crossbar's physics in floating point: the circuit that the board's integers emulate, and real devices.

The modules follow the mathematics:

    errors       errors in a circuit's parameters and solutions
    circuit      the network description: layers, conductances, diodes, amplifiers, bias pairs; SI units
    ideal        operating points with ideal diodes: exact block coordinate descent, batched
    learning     Equilibrium Propagation on a circuit, batched; steps: its step, compiled; kernels: other compiled loops
    wires        resistance of word and bit lines, one crossbar; wired: a network with them, batched
    nodal        all nodes in one system, for circuits that block descent cannot solve
    exponential  operating points with exponential diodes: Newton
    netlist      the same circuit for SPICE; spice: ngspice, where it is installed
    devices      kinds of device and their presets, arrays of devices; kernels: their pulses, compiled
    hopfield     the other energy model, on differential pairs with amplifiers; amplified: the same for SPICE
"""

from .circuits.circuit import Circuit
from .circuits.exponential import Diode
from .circuits.ideal import Settings, drive, settle
from .circuits.nodal import Nodal
from .circuits.wires import WiredCrossbar, Wires
from .errors import ConvergenceError, PhysicsError
from .learning import Trainer

__all__ = [
    "Circuit",
    "ConvergenceError",
    "Diode",
    "Nodal",
    "PhysicsError",
    "Settings",
    "Trainer",
    "WiredCrossbar",
    "Wires",
    "drive",
    "settle",
]
