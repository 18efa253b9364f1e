"""Mutations of the rig: its drivers, its crossbar and its simulated parts."""

RIG = "runtime/eqprop/rig"
SIM = "board_sim/eqprop_sim/rig"
OF_DRIVERS = "tests/runtime/rig/test_drivers.py"
OF_BENCH = "tests/sim/rig/test_bench.py"

MUTATIONS = (
    (
        f"{RIG}/mcp4251.py",
        "self._send(wiper << 4 | code >> 8, code & 0xFF)",
        "self._send(wiper << 4, code & 0xFF)",
        f"{OF_DRIVERS}::test_mcp4251_writes_a_wiper",
    ),
    (
        f"{RIG}/mcp4728.py",
        "        self._send(self._references)\n",
        "",
        f"{OF_DRIVERS}::test_mcp4728_takes_the_supply_for_reference_and_writes_fast",
    ),
    (
        f"{RIG}/bus.py",
        "            enable.value(1)\n",
        "            pass\n",
        f"{OF_DRIVERS}::test_one_decoder_selects_one_chip_for_one_frame",
    ),
    (
        f"{SIM}/circuit.py",
        "if push < 0:  # the clamp still lifts the node",
        "if push > 0:",
        f"{OF_BENCH}::test_the_circuit_settles_where_the_analog_solver_does",
    ),
    (
        f"{SIM}/bench.py",
        "                    self._into[node] += self.g[i] * change\n",
        "                    self._into[node] += change\n",
        f"{OF_BENCH}::test_the_circuit_settles_where_the_analog_solver_does",
    ),
)
