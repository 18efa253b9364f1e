"""Averages of networks."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop_host import Model
from eqprop_host.averaging import average, mean, moments
from eqprop_host.datasets import Scaling
from eqprop_host.errors import DataError


def network(sample=10, value=5, **more):
    shapes = eqprop.plan("3-4-2").shapes
    about = {"layers": (3, 4, 2), "seed": 1, "lr_halving_samples": 0, "data": "iris", "classes": 2, "version": "0"}
    scaling = Scaling(3, (0.0,), (16.0,)).to_dict()
    conductances = [np.full(rows * columns, value, np.int16) for rows, columns in shapes]
    return Model(**{**about, "scaling": scaling, "sample": sample, "conductances": conductances, **more})


@given(
    st.lists(st.tuples(st.integers(-32768, 32767), st.integers(0, 2**31 - 1)), min_size=1, max_size=50).filter(
        lambda pairs: sum(count for _, count in pairs)
    )
)
def test_the_mean_is_the_exact_one_rounded(pairs):
    """By rational arithmetic. Catches overflow, weights left out, and rounding towards zero."""
    values, counts = (np.array(each, np.int64) for each in zip(*pairs, strict=True))
    found = mean(values.astype(np.int16)[:, None], counts)
    exact = Fraction(sum(v * c for v, c in pairs), sum(c for _, c in pairs))
    assert found.dtype == np.int16 and found[0] == (exact + Fraction(1, 2)).__floor__()


@given(st.integers(1, 2**30 - 1), st.floats(0, 1))
def test_the_moments_of_a_run_lie_evenly_over_its_last_part(total, share):
    """Catches moments before the part, at the start, twice, or without the end."""
    found, span = moments(total, share), round(share * total)
    assert len(found) == min(16, span) and all(total - span < moment <= total for moment in found)
    if found:
        gaps = np.diff(found)
        assert found[-1] == total and (not gaps.size or gaps.min() > 0 and gaps.max() - gaps.min() <= 1)


def test_an_average_weighs_networks_by_their_samples():
    """Catches a plain mean, and conductances above 32767 taken for negative ones."""
    found = average({"a": network(10, 0), "b": network(30, 100)})
    assert found.sample == 30 and all((steps == 75).all() for steps in found.conductances)
    steps = np.array([[65535], [65533]], np.uint16)
    assert mean(steps, np.array([1, 1])) == 65534


def test_equal_networks_are_their_average():
    one = network(7, 123)
    assert average({"a": one, "b": one, "c": one}).crc == one.crc


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("shape", network(layers=(3, 4, 3))),
        ("energy model", network(model="resistive")),
        ("seed", network(seed=2)),
        ("scale of the inputs", network(scaling=Scaling(3, (0.0,), (17.0,)).to_dict())),
        ("set of classes", network(classes=1)),
        ("recipe of features", network(recipe={"size": "8x8"})),
    ],
)
def test_networks_that_differ_are_refused_by_name(what, other):
    with pytest.raises(DataError, match=f"^attic: its {what} differs from kitchen's: such networks cannot be averaged"):
        average({"kitchen": network(), "attic": other})


def test_scales_that_differ_are_told_with_what_to_do():
    other = network(scaling=Scaling(3, (0.1, 0.0, 0.0), (16.0, 16.0, 32.0)).to_dict())
    with pytest.raises(DataError) as caught:
        average({"kitchen": network(), "attic": other})
    assert str(caught.value).endswith(
        "(feature 2 goes from -16 to 16 on kitchen, from -32 to 32 on attic): train them on data in which each feature "
        "has the same least and largest value"
    )


def test_a_scale_that_a_board_rounded_is_the_same():
    rounded = network(scaling=Scaling(3, (0.0,), (16.1,)).to_dict())
    average({"a": network(class_names=("x", "y")), "b": rounded})
    with pytest.raises(DataError, match="its set of classes differs"):
        average({"a": network(class_names=("x", "y")), "b": network(class_names=("y", "x"))})


def test_without_samples_there_is_nothing_to_average():
    with pytest.raises(DataError, match="no network has learnt a sample"):
        average({"a": network(0)})


def test_boards_that_did_not_get_the_last_average_are_refused():
    """They have the seed, but not the start. Catches weights that count what was averaged already."""
    before = average({"a": network(10, 0), "b": network(10, 100)})
    again = {"a": network(20, 0, run_number=before.run_number), "b": network(40, 100, run_number=before.run_number)}
    found = average(again, before)
    assert all((steps == 75).all() for steps in found.conductances) and found.run_number not in (0, before.run_number)
    with pytest.raises(DataError, match="^b: did not start from the last average, as a did: push the average there"):
        average({**again, "b": network(40, 100, run_number=9)}, before)
    fresh = {"a": network(20, 0, run_number=7), "b": network(20, 100, run_number=8)}
    assert average(fresh, before).sample == 20
    with pytest.raises(DataError, match="learnt a sample since the last average"):
        average({"a": network(10, 0, run_number=before.run_number)}, before)
