"""The exact network after any training step of a log.

An emulated crossbar changes by nothing but the samples it learns, so a log holds these, and now and then the
conductances: any step's are those logged last before it, taken through the samples in between by the very arithmetic
of the board. The next logged conductances must come out of it too, or the log's own are not what its samples make
(another arithmetic, or a board that diverged), and nothing in between is given out.
"""

import bisect

import numpy as np

from eqprop_sim.emulator.compiled_network import Network

from ..datasets import TEST_FRACTION
from ..errors import LogError
from ..model import Model
from ..places import found


def conductances_at(log, sample):
    """Return the conductances after `sample` training samples: uint16 steps (rows, columns) a crossbar.

    Raises as `network_at`.
    """
    if sample in log.logged:
        return log.snapshot(sample)
    network = network_at(log, sample)
    return [network.conductances(c).copy().reshape(shape) for c, shape in enumerate(log.plan.shapes)]


def network_at(log, sample):
    """Return the `eqprop_sim.emulator.compiled_network.Network` after `sample` training samples.

    Raises LogError for a sample that the log does not reach, one between the conductances of a board that has no
    digital twin, and where the log's samples do not make its conductances.
    """
    network = _snapshot(log, sample)
    if network.sample == sample:
        return network
    learn(log, network, sample)
    check = next((n for n in log.logged if n > sample), None)
    if check is None:
        return network
    exact = [network.conductances(c).copy() for c in range(network.crossbars)]
    try:
        learn(log, network, check)
    except LogError:  # steps that were lost: nothing to compare with
        check = None
    if check is not None and not holds(network, log.snapshot(check)):
        text = f"its samples up to {sample} do not make the conductances logged at {check}"
        raise LogError(f"{log.path}: {text}: the board diverged, or this eqprop computes otherwise")
    put(network, exact, sample)
    return network


def model_at(log, sample):
    """Return the `model.Model` after `sample` training samples, to be saved, pushed, or trained on.

    Raises LogError as `network_at`, and for a log that does not say how inputs are scaled.
    """
    about = log.configuration
    missing = [key for key in ("seed", "halve_every", "scaling", "data", "classes", "version") if key not in about]
    if missing:
        raise LogError(f"{log.path}: the run does not say its {missing[0]}")
    return Model(
        layers=log.plan.layers,
        seed=about["seed"],
        halve_every=about["halve_every"],
        sample=sample,
        conductances=[steps.ravel() for steps in conductances_at(log, sample)],
        scaling=about["scaling"],
        data=found(about["data"], about.get("data_place"), log.path),
        test=found(about.get("test") or "", about.get("test_place"), log.path),
        test_fraction=about.get("test_fraction") or TEST_FRACTION,
        classes=about["classes"],
        version=about["version"],
        run=about.get("board_run", 0),
        recipe=about.get("recipe", {}),
        reading=about.get("reading", {}),
        feature_names=_fitting(log.feature_names, log.plan.layers[0]),
        class_names=_fitting(log.class_names, about["classes"]),
    )


def _fitting(names, count):
    """Return names where there is one for each of `count` things; a stranger's log may say anything."""
    return names if len(names) == count else ()


def put(network, conductances, sample):
    """Set a network's conductances, uint16 steps a crossbar, and go on with training sample `sample`.

    Raises LogError for conductances that no network can have.
    """
    try:
        for c, steps in enumerate(conductances):
            network.restore(c, 0, np.ascontiguousarray(steps, "<u2").tobytes())
    except ValueError as error:
        raise LogError(f"conductances at sample {sample}: {error}") from error
    network.settle_restored(sample)


def holds(network, conductances):
    """Return whether a network has these conductances."""
    return all(np.array_equal(network.conductances(c), steps.ravel()) for c, steps in enumerate(conductances))


def _snapshot(log, sample):
    """Return the network as last logged at `sample` or before."""
    place = bisect.bisect_right(log.logged, sample) - 1
    if place < 0 or sample > max(log.sample, *log.logged):
        raise LogError(f"{log.path}: sample {sample} is not in 0..{log.sample}")
    held = log.snapshot(log.logged[place])  # first: a log that holds them is as large as the network
    try:
        network = Network(log.plan.layers, log.configuration.get("seed", 0), log.configuration.get("halve_every", 0))
    except ValueError as error:
        raise LogError(f"{log.path}: {error}") from error
    network.warm_up()
    put(network, held, log.logged[place])
    return network


def learn(log, network, sample):
    """Take a network from its own sample to `sample`. Raises LogError where steps in between are not logged."""
    features, labels = log.samples

    def between(header):
        return header["first"] < sample and header["sample"] > network.sample

    for row in log.read("steps", where=between):
        skipped = network.sample - row["first"]
        order = row["order"][max(skipped, 0) : sample - row["first"]]
        if skipped < 0 or (len(order) and order.max() >= len(labels)):
            break
        network.learn_all(features[order], labels[order])
    if network.sample != sample:
        near = " and ".join(str(n) for n in _around(log.logged, sample))
        text = f"sample {sample}: the steps to it are not logged; the nearest conductances are of {near}"
        raise LogError(f"{log.path}: {text}")


def _around(logged, sample):
    place = bisect.bisect_left(logged, sample)
    return logged[max(0, place - 1) : place + 1]
