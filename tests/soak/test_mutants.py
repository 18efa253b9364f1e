"""The short form of `make mutants`: its table is up to date, and a few of its mutations are caught."""

import pytest

from soak import mutants

FEW = ("features/window.py", "service/states.py", "field/clock.py", "datasets/splitting.py")


@pytest.mark.parametrize("each", mutants.mutations(), ids=lambda each: each.test)
def test_a_mutation_is_up_to_date(each):
    """If you change a line that the table names, change the table too."""
    assert not mutants.stale(each)


@pytest.mark.slow
def test_a_few_are_caught_and_one_that_breaks_nothing_is_told(tmp_path):
    """Catches: a copy that Python does not import, a mutation that stays in it, a survivor without a word."""
    copies = mutants.Copies(tmp_path, 1)
    few = [mutants.mutations([word])[0] for word in FEW]
    assert not [line for line in (mutants.survives(copies, each) for each in few) if line]
    harmless = few[0]._replace(new=few[0].old)
    assert mutants.survives(copies, harmless).endswith(f"{harmless.test} passes")
