"""The program in its simulated world: run `pytest` here."""

import re
from pathlib import Path

from eqprop_host.deploy.simulation import simulate

HERE = Path(__file__).parent


def test_it_knows_the_states_that_it_was_taught():
    """Each was named three times; then all come again, and the second window of each is answered rightly."""
    printed = simulate(HERE)
    assert printed.count("learnt: ") == 9
    shown = re.findall(r"the machine is (\w+)\n((?:it is .*\n)*)", printed.rpartition("learnt: ")[2])
    assert len(shown) == 6
    assert all(answers.splitlines()[-1] == f"it is {state}" for state, answers in shown)
