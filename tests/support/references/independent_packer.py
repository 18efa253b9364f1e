"""An independent packer of samples, by Python's big integers, for `protocol.records` and the host's to agree with.

A record is one number: the label, then groups of features as numbers to the base of the alphabet's size.
"""


def record(code, x, label):
    """Return the record of features x (bytes of int8) and a label, of a `Code`'s alphabet."""
    count = max(2, len(code.alphabet))
    group = max(k for k in range(1, 31) if count**k <= 2**30)
    number, at = label, (code.outputs - 1).bit_length()
    for start in range(0, code.features, group):
        digits = [code.alphabet.index(byte) for byte in x[start : start + group]]
        number |= sum(digit * count**k for k, digit in enumerate(digits)) << at
        at += (count ** len(digits) - 1).bit_length()
    return number.to_bytes((at + 7) // 8, "little")
