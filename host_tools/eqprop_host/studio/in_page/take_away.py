"""What a user takes away: the network as a file that `eqprop push` takes, and the run's log that `eqprop report` reads.

Formats: `eqprop_host.model` and `eqprop_host.runlog.formats.json_lines`.
"""

import json
import struct
from binascii import crc32

MODEL_FORMAT = 2
LOG_FORMAT = 3
_STEPS = 2048  # training steps in a row of the log
_SAMPLES = 256  # samples in a row of the log


def network_file(network, about):
    """Yield the bytes of a saved network; about: further fields of `eqprop_host.model.Model`."""
    header = {
        "format": MODEL_FORMAT,
        "layers": list(network.layers),
        "seed": network.seed,
        "lr_halving_samples": network.lr_halving_samples,
        "sample": network.sample,
        "model": network.model,
        "crc": "%08x" % network.crc(),
    }
    header.update(about)
    text = json.dumps(header).encode()
    members = [("header.npy", _array("|u1", (len(text),)) + text)]
    kind = "<i2" if network.g_min < 0 else "<u2"
    for c, shape in enumerate(network.plan.shapes):
        name = "conductances_{}.npy".format(c)
        members.append((name, _array(kind, shape) + bytes(network.conductances(c))))
    return _zipped(members)


def _array(kind, shape):
    """Return the header of a .npy file, version 1.0."""
    sizes = ", ".join(str(n) for n in shape) + ("," if len(shape) == 1 else "")
    text = "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}".format(kind, sizes)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def _zipped(members):
    """Yield a ZIP archive of members (name, bytes), not compressed."""
    at = 0
    index = b""
    for name, data in members:
        name = name.encode()
        # Version 2.0; no flags; stored; 1980-01-01
        about = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, crc32(data), len(data), len(data), len(name), 0)
        index += b"PK\x01\x02" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, at) + name
        for part in (b"PK\x03\x04" + about + name, data):
            at += len(part)
            yield part
    yield index
    yield b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(index), at, 0)


def run_log(lesson, first, last, metrics, run, utc):
    """Yield the lines of a run's log.

    first, last: networks before the first training sample and after the last one. metrics: rows of the table `metrics`,
    by sample. run: `run_id` and `configuration`, a dict. utc: this moment, ISO 8601 text.
    """
    head = {"format": LOG_FORMAT, "run_id": run["run_id"], "model": last.model}
    head["configuration"] = json.dumps(run["configuration"])
    rows = [_row("run", 0, head)]
    rows += _samples(lesson)
    rows += _conductances(first)
    for start in range(0, last.sample, _STEPS):
        stop = min(start + _STEPS, last.sample)
        rows.append(_row("steps", stop, {"first": start, "order": list(lesson.history[start:stop])}))
    if last.sample:
        rows += _conductances(last)
    rows += [_row("metrics", row["sample"], row) for row in metrics if row["sample"] <= last.sample]
    rows.append(_row("end", last.sample, {"reason": "closed"}))
    # MicroPython's sort does not keep the order of equals
    places = sorted((row["sample"], place) for place, row in enumerate(rows))
    for sequence, (_, place) in enumerate(places):
        row = rows[place]
        row["sequence"] = sequence
        row["utc"] = utc
        body = json.dumps(row)[:-1]
        yield '{}, "crc32": "{:08x}"}}\n'.format(body, crc32(body.encode()))


def _row(record, sample, columns):
    row = {"record": record}
    row.update(columns)
    row["sample"] = sample
    return row


def _samples(lesson):
    rows = []
    for first in range(0, lesson.pool, _SAMPLES):
        places = range(first, min(first + _SAMPLES, lesson.pool))
        features = []
        for place in places:
            features += [(byte ^ 128) - 128 for byte in lesson.x(place)]
        labels = [lesson.label(place) for place in places]
        rows.append(_row("samples", 0, {"first": first, "labels": labels, "features": features}))
    return rows


def _conductances(network):
    rows = []
    for c in range(network.crossbar_count):
        g = network.conductances(c)
        columns = {"crossbar": c, "first": 0, "conductance_steps": [n & 0xFFFF for n in g]}
        columns["crc"] = crc32(bytes(g))
        columns["source"] = "twin"
        rows.append(_row("conductances", network.sample, columns))
    return rows
