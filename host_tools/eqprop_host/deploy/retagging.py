"""Turns inline-assembler functions in a .mpy file into viper code, for ports of MicroPython without that assembler.

Only the rp2 and qemu ports have an inline assembler for RISC-V, and none has one for windowed Xtensa. Other ports load
its functions, but then run their machine code as if it were bytecode. Viper code runs on every port that loads machine
code. MicroPython calls the two kinds in different ways, and the kernels accept both
(runtime/eqprop/crossbar/kernels/rv32_common.S, runtime/eqprop/hopfield/kernels/xtensa.S). The loader adds the address
of the function that converts arguments to a word that each kernel has for it.

A .mpy file has a header of 4 bytes, then the counts of names and of constants, the names, and the module's code: its
kind and length, the code, and, for a module, the functions within (MicroPython's py/persistentcode.c). Numbers have 7
bits in a byte, the highest first.
"""

import re

from ..errors import BoardError

_PROBE = re.compile(r"^exec\(.*\n", re.MULTILINE)
_HEADER = 4
_BYTECODE, _VIPER, _ASSEMBLER = 0, 2, 3
_RELOCATED = 0x10  # MP_SCOPE_FLAG_VIPERRELOC: the loader writes addresses in the code
_FUNCTIONS = 9  # relocations from this number on are the addresses in `mp_fun_table`
_FROM_OBJ = 3  # mp_native_from_obj
_ROOM = {10: 2, 11: 1}  # by architecture, xtensawin and rv32imc: a kernel's word for that address, which is 0
_END = 0xFF


class _Reader:
    def __init__(self, data):
        self._data = data
        self.at = 0

    def take(self, count):
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self):
        value = 0
        while True:
            byte = self.take(1)[0]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value


def _number(value):
    """Return a number's bytes."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))


def without_probe(text):
    """Return a module's text without the line that raises SyntaxError where MicroPython lacks the assembler."""
    return _PROBE.sub("", text, count=1)


def as_viper(name, data):
    """Return a .mpy file's bytes with its module's assembler functions as viper code.

    name: of the module, for the message. Raises BoardError if the module has none, or anything but functions of
    assembler and bytecode, or if one has no room for the address.
    """
    read = _Reader(data)
    room = _ROOM.get(read.take(_HEADER)[2] >> 2, 0)  # word 0 is never zero
    names, constants = read.number(), read.number()
    for _ in range(names):
        length = read.number()
        if not length & 1:  # else one that every firmware has
            read.take((length >> 1) + 1)
    kind = read.number()
    read.take(kind >> 3)
    if constants or kind & 7 != 4 | _BYTECODE:
        raise BoardError(f"{name}: expected a module of functions without constants")
    count = read.number()
    result = [data[: read.at]]
    made = 0
    for _ in range(count):
        kind = read.number()
        code = read.take(kind >> 3)
        if kind & 7 == _BYTECODE:
            result += [_number(kind), code]
            continue
        if kind & 7 != _ASSEMBLER:
            raise BoardError(f"{name}: expected functions of assembler and bytecode, got kind {kind & 7}")
        if any(code[4 * room : 4 * room + 4]):
            raise BoardError(f"{name}: expected room for an address in word {room} of each function of assembler")
        flags = read.number()
        read.number()  # arguments
        read.number()  # their types
        relocations = bytes([(_FUNCTIONS + _FROM_OBJ) << 1 | 1, room << 1, _END])
        result += [_number(kind & ~7 | _VIPER), code, _number(flags | _RELOCATED), relocations]
        made += 1
    if not made or read.take(1):
        raise BoardError(f"{name}: expected functions of assembler, and nothing after them")
    return b"".join(result)
