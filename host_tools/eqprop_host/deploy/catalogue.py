"""A catalogue of boards: their usual free memory under MicroPython, and the widest network that fits.

It helps to choose a board; `eqprop deploy` asks the board itself. Each figure has its source: users' measurements in
MicroPython's issues or, if there are none, MicroPython's own files, version 1.25.0.
"""

from dataclasses import dataclass

from eqprop.bench import widest

RUNTIME_BYTES = {"thumb": 42 * 1024, "rv32": 43 * 1024, "xtensa": 43 * 1024, "viper": 52 * 1024, "plain": 42 * 1024}
"""Heap bytes of the runtime with its service and frame buffers, by tier (tests/host/deploy measures it)."""

MODEL_BYTES = {"thumb": 10 * 1024, "rv32": 12 * 1024, "xtensa": 12 * 1024, "viper": 24 * 1024, "plain": 12 * 1024}
"""The part of these that is loaded with the first network: the code of the default energy model."""

SPARE_BYTES = 16 * 1024
"""Heap left for everything else: buffers, the user's own program, and fragmentation."""

TASKS = {"digits": (64, 1, 10), "gestures": (36, 1, 6)}
"""Inputs and outputs of the table's example tasks: 8×8 pictures, and 12 readings of three axes."""


@dataclass(frozen=True)
class BoardKind:
    """A kind of board."""

    name: str
    core: str
    emitter: str
    """The fastest tier that MicroPython supports there: thumb, rv32 or xtensa (and viper), viper, or plain."""
    filesystem: str
    """The filesystem that its port mounts: kind, mount point, block size."""
    heap_kb: int
    """The heap that is usually free, KB."""
    flash_kb: int
    """The filesystem's size, KB."""
    sources: str
    """The sources of the heap's figure and of the flash's."""

    def widest(self, layers):
        """Return the most hidden nodes that leave SPARE_BYTES free, given inputs and outputs; 0 if none fit."""
        free = 1024 * self.heap_kb - RUNTIME_BYTES[self.emitter] - SPARE_BYTES
        return widest(layers, free) if free > 0 else 0


BOARDS = (
    BoardKind(
        "RP2040 (Raspberry Pi Pico)",
        "Cortex-M0+",
        "thumb",
        "littlefs, /, 4 KB",
        210,
        1408,
        "#12557; its mpconfigboard.h",
    ),
    BoardKind(
        "RP2350 (Raspberry Pi Pico 2)",
        "Cortex-M33",
        "thumb",
        "littlefs, /, 4 KB",
        460,
        3072,
        "RAM of 512 KB, less what an RP2040 uses of its 256; its mpconfigboard.h",
    ),
    BoardKind(
        "RP2350, RISC-V firmware",
        "Hazard3",
        "rv32",
        "littlefs, /, 4 KB",
        460,
        3072,
        "as the RP2350: RPI_PICO2's variant RISCV; its mpconfigboard.h",
    ),
    BoardKind("ESP32", "Xtensa LX6", "xtensa", "littlefs, /, 4 KB", 131, 2048, "#18859; partitions-4MiB.csv"),
    BoardKind(
        "ESP32-S3", "Xtensa LX7", "xtensa", "littlefs, /, 4 KB", 145, 6144, "#15630, used and free; partitions-8MiB.csv"
    ),
    BoardKind(
        "ESP32-C3, MicroPython 1.24 or newer",
        "RISC-V",
        "rv32",
        "littlefs, /, 4 KB",
        187,
        2048,
        "#14293, with the largest split; partitions-4MiB.csv",
    ),
    BoardKind("STM32F4 (Pyboard 1.1)", "Cortex-M4", "thumb", "FAT, /flash, 512", 91, 112, "#1877; stm32f405.ld"),
    BoardKind(
        "STM32H743",
        "Cortex-M7",
        "thumb",
        "FAT, /flash, 512",
        450,
        512,
        "RAM of 512 KB, 16 of stack, 46 for all else; stm32h743.ld",
    ),
    BoardKind(
        "nRF52840", "Cortex-M4", "thumb", "littlefs, /flash, 4 KB", 128, 64, "at least, nrf52840_1M_256k.ld; memory.ld"
    ),
    BoardKind(
        "SAMD51 (ItsyBitsy M4)",
        "Cortex-M4",
        "thumb",
        "littlefs, /, 4 KB",
        130,
        2048,
        "RAM of 192 KB, 16 of stack, 46 for all else, samd51x19a.ld; its GD25Q16C",
    ),
    BoardKind(
        "micro:bit (nRF51822)",
        "Cortex-M0",
        "plain",
        "of its own, without folders",
        8,
        12,
        "at least, nrf51x22_256k_16k.ld; boards/MICROBIT",
    ),
)


def table():
    """Return the catalogue as a Markdown table."""
    lines = [
        "| board | core | tier | filesystem, where, block | heap free, KB | flash, KB | 64-N-10 up to N = "
        "| 36-N-6 up to N = | sources: heap; flash |",
        "|---|---|---|---|---:|---:|---:|---:|---|",
    ]
    for kind in BOARDS:
        wide = [kind.widest(layers) or "no room" for layers in TASKS.values()]
        cells = (kind.name, kind.core, kind.emitter, kind.filesystem, kind.heap_kb, kind.flash_kb, *wide, kind.sources)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
