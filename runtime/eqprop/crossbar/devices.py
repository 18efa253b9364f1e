"""Writes conductances into an emulated crossbar, and checks those for any. Loaded on first use."""

from . import check_bytes


def check_devices(plan, c, start, data):
    """Check little-endian uint16 conductances for a plan's crossbar c, from device `start` on.

    Raises ValueError unless they fit it and are in g_min..g_max, TypeError unless `data` is a buffer of bytes.
    """
    check_bytes("restore", data)
    rows, columns = plan.shapes[c]
    if len(data) % 2 or start < 0 or start + len(data) // 2 > rows * columns:
        raise ValueError("restore: {} bytes at {} of {} devices".format(len(data), start, rows * columns))
    for i in range(0, len(data), 2):
        value = data[i] | data[i + 1] << 8
        if not plan.g_min <= value <= plan.g_max:
            raise ValueError("restore: conductance {} is not in {}..{}".format(value, plan.g_min, plan.g_max))


def restore(crossbar, c, start, data):
    """Write the conductances `data` into an `EmulatedCrossbar`. Raises as `check_devices`, writing nothing."""
    check_devices(crossbar.plan, c, start, data)
    g = crossbar.conductances(c)
    for i in range(0, len(data), 2):
        g[start + i // 2] = data[i] | data[i + 1] << 8
