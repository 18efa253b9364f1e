"""Other nudges, losses and output codes in fixed point: the plain one is the runtime's, the others learn as well."""

import numpy as np
import pytest

from eqprop_host import datasets
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.emulator.variants import Variant
from eqprop_sim.sample_order import SampleOrder

pytestmark = pytest.mark.slow

DATA = datasets.prepare(datasets.load("digits"), 0)
COUNT = len(DATA.train_y)


def learnt(epochs, layers="64-32-10", **about):
    """Return (variant, test error in percent) after so many epochs, rates halved from the second one on."""
    variant = Variant(layers, 3, **about)
    for epoch in range(epochs):
        order = SampleOrder.shuffled(COUNT, 3).epoch(epoch)
        variant.learn_all(DATA.train_x[order], DATA.train_y[order], min(epoch, 1))
    return variant, 100 * np.mean(variant.infer_all(DATA.test_x) != DATA.test_y)


def test_centred_with_margins_is_the_emulator_bit_for_bit():
    """Caught: a current, a phase or a rate that is not the runtime's."""
    variant, _ = learnt(2)
    network = Network("64-32-10", 3, COUNT, model="resistive")
    for epoch in range(2):
        order = SampleOrder.shuffled(COUNT, 3).epoch(epoch)
        network.learn_all(DATA.train_x[order], DATA.train_y[order])
    assert variant.network.crc() == network.crc()
    assert np.array_equal(variant.infer_all(DATA.test_x), network.infer_all(DATA.test_x)[0])


@pytest.mark.parametrize(
    ("about", "most"),
    [
        ({"loss": "squared"}, 9),
        ({"nudging": "negative"}, 20),
        ({"nudging": "random-sign"}, 7),
        ({"loss": "cross-entropy"}, 9),
        ({"layers": "64-32-20", "paired": True}, 7),
        ({"layers": "64-32-20", "paired": True, "loss": "cross-entropy"}, 9),
    ],
    ids=lambda each: "-".join(map(str, each.values())) if isinstance(each, dict) else "",
)
def test_the_others_learn(about, most):
    """Caught: a sign, a phase compared with itself, a pair nudged the same way, a softmax of the wrong sign."""
    assert learnt(6, **about)[1] <= most


def test_signs_are_drawn_from_the_seed():
    """Caught: another draw every time."""
    assert learnt(1, nudging="random-sign")[0].network.crc() == learnt(1, nudging="random-sign")[0].network.crc()


def test_bad_variants_are_refused():
    with pytest.raises(ValueError, match="nudging 'both', loss 'squared-hinge'"):
        Variant("4-3-2", nudging="both")
    with pytest.raises(ValueError, match="paired: 3 outputs are not pairs"):
        Variant("4-3-3", paired=True)
