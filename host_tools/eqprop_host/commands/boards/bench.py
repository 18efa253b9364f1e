"""Measure how fast a board learns and infers, and how wide a network fits in its heap."""

from time import monotonic

import numpy as np

from eqprop.bench import VERBS
from eqprop_sim.sample_order import SampleOrder

from ... import datasets
from ...boards.ports import open_board
from ...errors import DataError
from ...training.config import layers_text, with_bits
from .. import options as common

_SEED = 0
_FIRST_S = 8.0
_AGAIN = 3  # each line about the time left comes after this many times the wait before


def add_options(parser):
    """Add the options of `eqprop bench`."""
    common.add_port(parser)
    common.add_data(
        parser, default=None, text="the data to learn (default: digits if they fit the layers, else random features)"
    )
    common.add_layers(parser)
    common.add_model(parser)
    text = "samples to average (default: %(default)s)"
    parser.add_argument("--samples", type=common.whole(1, 65535), metavar="N", default=300, help=text)
    text = "clock of an emulated core: print microseconds too, with a cycle for each instruction, so a lower bound"
    parser.add_argument("--mhz", type=common.positive, metavar="F", help=text)
    common.add_json(parser)


def run(options):
    """Print a table to paste into an issue, and write its figures."""
    model = with_bits(options.model, options.bits)
    options.layers, source, x, y = _samples(options)
    moved = _remaining(2 * len(y), common.tell, monotonic)
    with open_board(options.port, common.tell) as board:
        # The same run twice, as a whole and verb by verb, because reading the clock takes time itself
        board.configure(options.layers, _SEED, 0, run_number=0, model=model)
        if options.mhz and board.bench(x[:0], y[:0], False).unit == "us":
            raise DataError(f"--mhz: {options.port} measures time by a clock of its own: leave --mhz out")
        whole = board.bench(x, y, False, moved)
        board.configure(options.layers, _SEED, 0, run_number=0, model=model)
        verbs = board.bench(x, y, True, moved)
        identity = board.identity
    names = ("train", "infer", *VERBS)
    ticks = [total / len(y) for total in whole.ticks + verbs.ticks]
    layers = layers_text(options.layers)
    hidden = f"{options.layers[0]}-{whole.widest}-{options.layers[-1]}" if whole.widest else "no limit"
    counted = whole.unit != "us"
    # A board that counts has no clock: its `tick_ns` is the emulator's
    us_a_tick = (1 / options.mhz if options.mhz else None) if counted else whole.tick_ns / 1000
    us = [mean * us_a_tick if us_a_tick else None for mean in ticks]
    columns = [(whole.unit, ticks)] if counted else []
    if us_a_tick:
        columns.append((f"us at {options.mhz:g} MHz" if counted else "us", us))
    print(f"{layers} on {identity}, tier {whole.tier}\n")
    print(f"| mean of {len(y)} samples | {' | '.join(title for title, _ in columns)} |")
    print(f"|---|{'---:|' * len(columns)}")
    for n, name in enumerate(names):
        print(f"| {name} | {' | '.join(f'{means[n]:,.0f}' for _, means in columns)} |")
    speed = f"{1e6 / us[0]:,.0f} training samples/s; " if us_a_tick else ""
    print(f"\n{speed}heap: {whole.heap_bytes:,} bytes; widest network that fits: {hidden}")
    results = {f"{name}_us": time for name, time in zip(names, us, strict=True)}
    if counted:
        results |= {f"{name}_{whole.unit}": round(count) for name, count in zip(names, ticks, strict=True)}
    results |= {
        "training_samples_per_second": 1e6 / us[0] if us_a_tick else None,
        "heap_bytes": whole.heap_bytes,
        "widest_hidden_layer": whole.widest,
        "tier": whole.tier,
        "model": model,
        "layers": layers,
        "samples": len(y),
        "data": source,
        "board": identity,
    }
    common.write_json(options.json, results)


def _remaining(total, tell, clock):
    """Return a function to call after each of `total` samples: it tells the time left, at growing intervals from 8 s.

    clock: like time.monotonic.
    """
    done, start, due = 0, None, _FIRST_S

    def moved():
        nonlocal done, start, due
        now = clock()
        start = now if start is None else start
        passed = now - start
        if passed >= due and done + 1 < total:
            due = _AGAIN * passed
            tell(f"{done + 1} of {total} samples measured, {passed / done * (total - done - 1):.0f} s left")
        done += 1

    return moved


def _samples(options):
    """Return (layers, their description, features, labels) of the requested samples, in the order of a first epoch."""
    count = options.samples
    dataset = common.load_data(options.data or "digits", options)
    inputs, classes = (options.layers[0], options.layers[-1]) if options.layers else (0, 0)
    if options.data is None and inputs and (dataset.features.shape[1] != inputs or dataset.classes > classes):
        random = np.random.Generator(np.random.PCG64(_SEED))
        x = random.integers(-127, 128, (count, inputs)) * random.integers(0, 2, (count, inputs))
        return options.layers, "random features", x.astype(np.int8), random.integers(0, classes, count)
    layers = common.sizes(options, dataset)
    data = datasets.prepare(dataset, _SEED)
    order = SampleOrder.shuffled(len(data.train_y), _SEED).indices(0, count)
    return layers, dataset.name, data.train_x[order], data.train_y[order]
