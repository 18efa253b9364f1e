"""Numbers to learn: how a table is read for them, split, and scaled to a board's int16."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_host import datasets
from eqprop_host.datasets import Reading, TargetScaling
from eqprop_host.errors import DataError

ROWS = [(0.5 * n, (7 * n) % 30, 100 - n, 3.25 * n - 20) for n in range(40)]


@pytest.fixture
def table(tmp_path):
    """A table with the columns a, b, c and d."""
    path = tmp_path / "table.csv"
    path.write_text("a,b,c,d\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in ROWS))
    return str(path)


def read(source, **reading):
    return datasets.load(source, Reading(**reading))


def test_columns_are_features_or_targets(table):
    """By name and by number, in the order typed. Catches: a target among the features, the last column always."""
    one = read(table, task="regression")
    assert one.target_names == ("d",) and one.feature_names == ("a", "b", "c") and one.classes == 1
    assert any("column 'd', the last, is the target" in note for note in one.notes)
    two = read(table, target="3,a")
    assert two.target_names == ("c", "a") and two.feature_names == ("b", "d") and two.classes == 2
    assert np.array_equal(two.targets, [[c, a] for a, b, c, d in ROWS]) and not two.labels.any()
    assert read(table, target="d", drop="a").feature_names == ("b", "c")


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"target": "e"}, "--target e: no such column; there are 'a', 'b', 'c'"),
        ({"target": "a,a"}, "column 'a' is in --target twice"),
        ({"target": "a", "drop": "a"}, "column 'a' is in both --target and --drop"),
        ({"target": "a,b,c,d"}, "no column is left for features"),
    ],
)
def test_columns_that_cannot_be_are_refused(table, reading, message):
    with pytest.raises(DataError, match=message):
        read(table, **reading)


def test_labels_and_targets_are_not_typed_together():
    for reading, message in (
        ({"target": "a", "task": "classes"}, "target a: the task is classes"),
        ({"target": "a", "label": "b"}, "label b: the task is regression: type --target"),
        ({"task": "number"}, "task: 'number': expected classes or regression"),
    ):
        with pytest.raises(DataError, match=message):
            Reading(**reading)
    for source in ("mnist:nowhere", "x.npz"):
        with pytest.raises(DataError, match="numbers are learnt from the columns of a table"):
            read(source, task="regression")


def test_a_value_that_is_no_number_is_named_by_its_place(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 30 + "3,inf\n")
    with pytest.raises(DataError, match="line 32, column 2: inf is not finite"):
        read(str(path), task="regression")
    path.write_text("a,b\n" + "".join(f"{n * n % 17},7\n" for n in range(30)))
    with pytest.raises(DataError, match="'b' is 7 in all samples: there is nothing to learn"):
        read(str(path), task="regression")
    path.write_text("a,b\n" + "1,2\n" * 30 + "3,\n")
    with pytest.raises(DataError, match="line 32, column 2"):
        read(str(path), task="regression", missing="mean")


def test_the_scale_is_that_of_the_training_samples(table):
    """Catches a test sample's target that widens it."""
    data = datasets.prepare(read(table, target="d,a"), 3)
    scaling = data.target_scaling
    assert data.train_y.dtype == np.int16 and data.train_y.shape == (32, 2) and data.test_y.shape == (8, 2)
    assert data.train_y.min() == -32767 and data.train_y.max() == 32767 and scaling.names == ("d", "a")
    step = np.array(scaling.span) / 32767
    inside = np.abs(data.test_y) < 32767
    assert (np.abs(scaling.restored(data.test_y) - data.test_targets) <= 0.51 * step)[inside].all()


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=9), st.integers(-32768, 32767))
def test_what_is_predicted_is_what_was_learnt(values, voltage):
    """Within a step; a prediction is eight times the voltage, in int16. Catches: an overflow, other units."""
    targets = np.array(values)[:, None]
    scaling = TargetScaling.fitted(targets)
    numbers = scaling.quantise(targets)
    assert np.allclose(scaling.restored(numbers)[:, 0], values, rtol=1e-9, atol=scaling.span[0] / 32767)
    predicted = scaling.predicted(np.array([[voltage]], np.int16))
    assert predicted[0, 0] == scaling.restored(np.array([[max(-32768, min(32767, 8 * voltage))]]))[0, 0]
    assert TargetScaling.from_dict(scaling.to_dict()) == scaling


@pytest.mark.parametrize(
    "saved", [None, {}, {"offset": [0], "span": [0], "names": []}, {"offset": [1], "span": [], "names": []}]
)
def test_a_scale_that_is_none_is_refused(saved):
    with pytest.raises(DataError, match="^targets: "):
        TargetScaling.from_dict(saved)
