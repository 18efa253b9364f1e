"""A client written from the specification alone, by someone who saw no source, trains a board to the right bits."""

import ast
from pathlib import Path

import pytest
import serial

from eqprop_host import datasets
from eqprop_host.boards.records import alphabet_of
from eqprop_sim import simulated_board
from eqprop_sim.sample_order import SampleOrder
from support.references import independent_client


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize(
    ("port", "model", "crc"),
    [
        ("sim:micropython?seed=5", 1, "5db56ec2"),
        ("sim:micropython?flip=2e-4&drop=1e-4&seed=5", 2, "09633c35"),
    ],
    ids=["resistive", "hopfield-bad-line"],
)
def test_the_digits_are_learnt_to_the_last_bit(port, model, crc):
    """On a clean line and a bad one. Catches a rule, a payload or a constant that the page does not name."""
    data = datasets.prepare(datasets.load("digits"), 0)
    order = SampleOrder.shuffled(len(data.train_y), 0).epoch(0)[:200]
    samples = [(data.train_x[n].tolist(), int(data.train_y[n])) for n in order]
    alphabet = [value - 256 if value > 127 else value for value in alphabet_of(data.train_x, data.test_x)]
    simulated = simulated_board.SimulatedBoard(port)
    try:
        with serial.serial_for_url(simulated.path, timeout=0.05) as opened:
            client = independent_client.Client(opened)
            count = len(data.train_y)
            learnt = client.train(model, (64, 32, 10), 0, 4 * count, count, alphabet, samples)
            assert f"{learnt:08x}" == crc
    finally:
        simulated.close()


def test_the_stranger_knows_nothing_of_eqprop():
    tree = ast.parse(Path(independent_client.__file__).read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"random", "struct", "time", "zlib"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
