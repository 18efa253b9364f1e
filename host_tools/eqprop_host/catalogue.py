"""A catalogue of boards: what they usually have free under MicroPython, and how wide a network they can hold.

The figures of heap and flash are rounded ones of common builds, to choose a board by; `eqprop deploy` asks the board.
"""

from dataclasses import dataclass

from eqprop.bench import widest

RUNTIME_BYTES = 44 * 1024
"""Heap that the runtime takes with its service and the buffers of a frame (`tests/test_deploy.py` holds it)."""

SPARE_BYTES = 16 * 1024
"""Heap left to all else: buffers, and a program of the user's own."""

TASKS = {"digits": (64, 1, 10), "gestures": (36, 1, 6)}
"""Inputs and outputs of the tasks that the table is for: 8×8 pictures, and 12 readings of three axes."""


@dataclass(frozen=True)
class BoardKind:
    """A kind of board."""

    name: str
    core: str
    emitter: str
    """What MicroPython has for machine code: thumb (and viper), viper, or none."""
    heap_kb: int
    """Usually free, KB."""
    flash_kb: int
    """Of the filesystem, KB."""

    def widest(self, layers):
        """Return the most hidden nodes between these inputs and outputs that leave SPARE_BYTES, 0 for no room."""
        free = 1024 * self.heap_kb - RUNTIME_BYTES - SPARE_BYTES
        return widest(layers, free) if free > 0 else 0


BOARDS = (
    BoardKind("RP2040 (Raspberry Pi Pico)", "Cortex-M0+", "thumb", 185, 1400),
    BoardKind("RP2350 (Raspberry Pi Pico 2)", "Cortex-M33", "thumb", 450, 2500),
    BoardKind("ESP32", "Xtensa LX6", "viper", 140, 2000),
    BoardKind("ESP32-S3", "Xtensa LX7", "viper", 200, 6000),
    BoardKind("ESP32-C3", "RISC-V", "viper", 130, 2000),
    BoardKind("STM32F4 (Pyboard 1.1)", "Cortex-M4", "thumb", 100, 95),
    BoardKind("STM32H7", "Cortex-M7", "thumb", 400, 120),
    BoardKind("nRF52840", "Cortex-M4", "thumb", 180, 250),
    BoardKind("SAMD51", "Cortex-M4", "thumb", 130, 2000),
    BoardKind("micro:bit (nRF51822)", "Cortex-M0", "thumb", 9, 20),
)


def table():
    """Return the catalogue as a Markdown table."""
    lines = [
        "| board | core | machine code | heap free, KB | flash, KB | 64-N-10 up to N = | 36-N-6 up to N = |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for kind in BOARDS:
        wide = [kind.widest(layers) or "no room" for layers in TASKS.values()]
        cells = (kind.name, kind.core, kind.emitter, kind.heap_kb, kind.flash_kb, *wide)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
