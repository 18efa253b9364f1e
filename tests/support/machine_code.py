"""Machine code as text, for the modules that hold it."""

_PER_LINE = 12


def data_lines(code):
    """Return the statements of an inline assembler function that are bytes of machine code, in halves of a word."""
    halves = [f"0x{code[at + 1]:02X}{code[at]:02X}" for at in range(0, len(code), 2)]
    rows = (halves[at : at + _PER_LINE] for at in range(0, len(halves), _PER_LINE))
    return "\n".join(f"    data(2, {', '.join(row)})" for row in rows)
