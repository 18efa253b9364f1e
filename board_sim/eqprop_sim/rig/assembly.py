"""A simulated rig under the board's own drivers."""

from eqprop.rig.bus import SelectedSPI
from eqprop.rig.crossbar import RigCrossbar
from eqprop.rig.layout import Layout
from eqprop.rig.parts import Parts
from eqprop.rig.planning import RigPlan

from .bench import PERFECT, Bench


def assemble(layers, seed=0, spread=PERFECT, converter="ads1115", pot="mcp4251", reads=0, plan=None, **how):
    """Return (`Bench`, `RigCrossbar`) of a network, with its initial conductances.

    seed: for the spread and the initial conductances. plan: a `RigPlan`; None for the default. how: as for
    `RigCrossbar`.
    """
    layout = Layout(layers, pot=pot, converter=converter)
    bench = Bench(layout, seed, spread)
    spi = SelectedSPI(bench, bench.address, bench.enables) if layout.selects else None
    crossbar = RigCrossbar(plan or RigPlan(layers), Parts(layout, spi, bench, bench.wait_us, reads), seed=seed, **how)
    crossbar.initialise(seed)
    return bench, crossbar
