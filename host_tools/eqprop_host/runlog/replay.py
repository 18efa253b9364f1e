"""The exact network after any training step of a log.

An emulated crossbar changes only by the samples it learns. A log holds these samples and, now and then, the
conductances. Those of any step follow from the last logged ones before it and the samples in between, with the board's
own arithmetic. The result must also lead to the next logged conductances; otherwise the board diverged or computed
differently, and nothing in between is returned.
"""

import bisect

import numpy as np

from eqprop_sim.emulator.compiled_network import Network

from ..datasets import TEST_FRACTION
from ..errors import LogError
from ..link.steps import on_the_line
from ..model import Model
from ..places import found
from .schema import AVERAGE


def conductances_at(log, sample):
    """Return the conductances after `sample` training samples: steps (rows, columns) for each crossbar.

    At the end of a run that averages its weights, these are the averages. Raises as `network_at` does.
    """
    if sample == log.averaged:
        return log.snapshot(sample, (AVERAGE,))
    if sample in log.logged:
        return log.snapshot(sample)
    network = network_at(log, sample)
    return [network.conductances(c).copy().reshape(shape) for c, shape in enumerate(log.plan.shapes)]


def network_at(log, sample):
    """Return the `eqprop_sim.emulator.compiled_network.Network` after `sample` training samples.

    Raises LogError for a sample beyond the log's end; for a sample between logged conductances of a board without a
    digital twin; and if the log's samples do not reproduce its conductances.
    """
    network = _snapshot(log, sample)
    if network.sample == sample:
        return network
    learn(log, network, sample)
    check = min((n for n in (*log.logged, *log.marks) if n >= sample), default=None)
    if check is None:
        return network
    exact = [network.conductances(c).copy() for c in range(network.crossbar_count)]
    try:
        learn(log, network, check)
    except LogError:  # steps are missing, so there is nothing to compare with
        check = None
    if check is not None and not agrees(log, network, check):
        text = f"its samples up to {sample} do not reproduce the conductances logged at {check}"
        raise LogError(f"{log.path}: {text}: the board diverged, or this eqprop computes differently")
    put(network, exact, sample)
    return network


def model_at(log, sample):
    """Return the `model.Model` after `sample` training samples, to save, push or train further.

    Raises LogError as `network_at` does, and for a log without the inputs' scaling.
    """
    about = log.configuration
    missing = [
        key for key in ("seed", "lr_halving_samples", "scaling", "data", "classes", "version") if key not in about
    ]
    if missing:
        raise LogError(f"{log.path}: the log does not give its {missing[0]}")
    return Model(
        layers=log.plan.layers,
        model=log.plan.model,
        seed=about["seed"],
        lr_halving_samples=about["lr_halving_samples"],
        sample=sample,
        conductances=[steps.ravel() for steps in conductances_at(log, sample)],
        scaling=about["scaling"],
        data=found(about["data"], about.get("data_place"), log.path),
        test=found(about.get("test") or "", about.get("test_place"), log.path),
        test_fraction=about.get("test_fraction") or TEST_FRACTION,
        classes=about["classes"],
        version=about["version"],
        run_number=about.get("run_number", 0),
        recipe=about.get("recipe", {}),
        reading=about.get("reading", {}),
        feature_names=_fitting(log.feature_names, log.plan.layers[0]),
        class_names=_fitting(log.class_names, about["classes"]),
        targets=about.get("targets", {}),
    )


def _fitting(names, count):
    """Return the names if there are `count` of them, otherwise nothing; a log from elsewhere may hold anything."""
    return names if len(names) == count else ()


def put(network, conductances, sample):
    """Set a network's conductances, steps for each crossbar, to resume at training sample `sample`.

    Raises LogError for impossible conductances.
    """
    try:
        for c, steps in enumerate(conductances):
            network.restore(c, 0, on_the_line(steps, network.plan).tobytes())
    except ValueError as error:
        raise LogError(f"conductances at sample {sample}: {error}") from error
    network.resume_at(sample)


def holds(network, conductances):
    """Return whether a network has these conductances."""
    return all(np.array_equal(network.conductances(c), steps.ravel()) for c, steps in enumerate(conductances))


def agrees(log, network, sample):
    """Return whether a network has the conductances logged at `sample`, or noted there as a CRC."""
    if sample in log.logged and not holds(network, log.snapshot(sample)):
        return False
    return sample not in log.marks or network.crc() == log.marks[sample]


def _snapshot(log, sample):
    """Return the network as last logged at `sample` or before."""
    place = bisect.bisect_right(log.logged, sample) - 1
    if place < 0 or sample > max(log.sample, *log.logged):
        raise LogError(f"{log.path}: sample {sample} is not in 0..{log.sample}")
    held = log.snapshot(log.logged[place])  # read them first: they prove that the network is not larger than the log
    try:
        network = Network(
            log.plan.layers,
            log.configuration.get("seed", 0),
            log.configuration.get("lr_halving_samples", 0),
            log.plan.model,
        )
    except ValueError as error:
        raise LogError(f"{log.path}: {error}") from error
    if log.learns_numbers:
        network.regress()
    network.warm_up()
    put(network, held, log.logged[place])
    return network


def learn(log, network, sample):
    """Train a network from its own sample to `sample`. Raises LogError if steps in between are not logged."""
    features, right = log.training_rows

    def between(header):
        return header["first"] < sample and header["sample"] > network.sample

    for row in log.read("steps", where=between):
        skipped = network.sample - row["first"]
        order = row["order"][max(skipped, 0) : sample - row["first"]]
        if skipped < 0 or (len(order) and order.max() >= len(right)):
            break
        network.learn_all(features[order], right[order])
    if network.sample != sample:
        near = " and ".join(str(n) for n in _around(log.logged, sample))
        text = f"sample {sample}: the steps to it are not logged; the nearest conductances are at {near}"
        raise LogError(f"{log.path}: {text}")


def _around(logged, sample):
    place = bisect.bisect_left(logged, sample)
    return logged[max(0, place - 1) : place + 1]
