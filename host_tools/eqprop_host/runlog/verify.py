"""Verifies a log: checksums, gaps, duplicates, and that its samples reproduce its conductances."""

import binascii
from collections import Counter

import numpy as np

from ..averaging import means, moments
from ..errors import LogError
from .replay import agrees, learn, network_at, put
from .schema import AVERAGE, COMPLETE


def verify(log):
    """Return the faults of a `Log`, one line each: nothing for an intact log.

    A log that is still being written, or whose writer was killed, is intact.
    """
    found = [f"bytes {span.start} to {span.end}: no intact record" for span in log.dropped]
    found += _sequence(log)
    found += _steps(log)
    found += _repeated(log)
    found += _checksums(log)
    return [*found, *_replayed(log), *_average(log)]


def _sequence(log):
    """Find missing and repeated rows."""
    expected = 0
    for header in log.headers:
        if header["sequence"] > expected:
            yield f"rows {expected} to {header['sequence'] - 1}: missing"
        elif header["sequence"] < expected:
            yield f"row {header['sequence']}: is repeated"
        expected = max(expected, header["sequence"] + header["rows"])


def _steps(log):
    """Find missing and repeated training steps."""
    expected = 0
    for header in log.headers:
        if header["record"] == "steps":
            if header["first"] > expected and header["first"] not in log.logged:
                yield f"steps {expected} to {header['first'] - 1}: missing"
            elif header["first"] < expected:
                yield f"steps {header['first']} to {min(expected, header['sample']) - 1}: are repeated"
            expected = max(expected, header["sample"])


def _repeated(log):
    """Find moments that are logged twice."""
    counts = Counter(h["sample"] for h in log.headers if h["record"] == "metrics")
    yield from (f"metrics at sample {sample}: logged {count} times" for sample, count in counts.items() if count > 1)
    rows = Counter()
    for h in log.headers:
        if h["record"] == "conductances" and h["source"] in COMPLETE:
            rows[h["sample"]] += h["rows"]
    crossbars = len(log.plan.shapes) if rows else 0
    for sample, count in rows.items():
        if count != crossbars:
            yield f"conductances at sample {sample}: {count} of {crossbars} crossbars"


def _checksums(log):
    """Find conductances that do not match their logged CRC."""
    for row in log.read("conductances"):
        crc = binascii.crc32(row["conductance_steps"].astype("<u2").tobytes())
        if crc != row["crc"]:
            yield f"row {row['sequence']}: expected conductances of CRC-32 {row['crc']:08x}, got {crc:08x}"


def _average(log):
    """Find an average that the networks at the run's moments do not have."""
    if log.averaged is None:
        return
    try:
        networks = [network_at(log, moment) for moment in moments(log.averaged, log.configuration.get("average", 0))]
    except LogError:  # a board without a twin has no logged steps; others are found above
        return
    averages = means([network.conductances(c) for c in range(network.crossbar_count)] for network in networks)
    for c, steps in enumerate(log.snapshot(log.averaged, (AVERAGE,))):
        if not averages or not np.array_equal(averages[c], steps.ravel()):
            yield f"crossbar {c} at sample {log.averaged}: its average is not that of the run"


def _replayed(log):
    """Find logged conductances that the samples between them do not reproduce, in one pass through all steps."""
    if not log.logged or not any(header["record"] == "steps" for header in log.headers):
        return
    diverged = {event["detail"]["until_sample"] for event in log.events if event["event"] == "divergence"}
    log.samples  # noqa: B018 (raises LogError for samples that do not fit, which below would pass for lost steps)
    network = network_at(log, log.logged[0])
    differs = False
    for after in sorted({*log.logged[1:], *(n for n in log.marks if n >= log.logged[0])}):
        whole = after in log.logged
        before = network.sample
        try:
            learn(log, network, after)
        except LogError:  # a board that lost its twin has no logged steps, which is not a fault
            pass
        else:
            if not differs and not agrees(log, network, after) and after not in diverged:
                yield f"conductances at sample {after}: the steps since {before} do not reproduce them"
                differs = True
        if whole:
            put(network, log.snapshot(after), after)
            differs = False
