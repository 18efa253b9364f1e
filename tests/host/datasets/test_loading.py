"""Data sets: what is read, how it is split and scaled, and what each bad input is told.

Mutations tried on the code, one at a time, are named in the docstrings of the tests that caught them.
"""

import csv
import io
import json
import math
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eqprop_host import datasets, errors
from eqprop_host.datasets import Dataset, Scaling
from eqprop_host.errors import DataError

MISSING = "type --missing drop to leave them out, or --missing mean to fill in the column's mean"
LABEL = "type --label COLUMN to use another column"
GOOD_CSV = "a,b,label\n0.5,1,0\n-2,3e1,1\n"
X, Y = np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([0, 1, 1])

finite = st.floats(-1e308, 1e308)
matrices = arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=finite)


@st.composite
def label_lists(draw):
    """Labels in any order, enough for a split: one class of 35 or more, up to six of any size, 0 and 1 too."""
    counts = [draw(st.integers(35, 60)), draw(st.integers(1, 30)), *draw(st.lists(st.integers(0, 30), max_size=5))]
    order = np.random.default_rng(draw(st.integers(0, 99)))
    return order.permutation(np.repeat(order.permutation(len(counts)), counts)).tolist()


def dataset_of(labels):
    labels = np.array(labels)
    return Dataset("made", np.zeros((len(labels), 1)), labels, int(labels.max()) + 1)


def message(call, *arguments):
    """Return the one line that a call complains with."""
    with pytest.raises(DataError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def complaint(tmp_path, monkeypatch):
    """A function that writes a file of that name and content and returns what `load` says of it."""
    monkeypatch.chdir(tmp_path)

    def complain(name, content, call=datasets.load, *arguments):
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return message(call, name, *arguments)

    return complain


def npy(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz(**values):
    file = io.BytesIO()
    np.savez(file, **values)
    return file.getvalue()


# The data sets that come with the package


def test_digits_are_the_published_ones():
    """Shape, range and class counts of the UCI test set, and its first sample."""
    digits = datasets.load("digits")
    assert digits.name == "digits" and digits.classes == 10
    assert digits.features.shape == (1797, 64) and digits.features.dtype == np.float64
    assert digits.labels.shape == (1797,) and digits.labels.dtype == np.int64
    assert set(np.unique(digits.features)) == set(range(17))
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.features[0, :8].tolist() == [0, 0, 5, 13, 9, 1, 0, 0] and digits.labels[0] == 0
    assert len(digits.feature_names) == 64 and digits.feature_names[9] == "pixel_1_1"


def test_iris_is_fishers():
    """Fisher's means of the four measurements, and the two samples that UCI's copy has wrong."""
    iris = datasets.load("iris")
    assert iris.features.shape == (150, 4) and np.bincount(iris.labels).tolist() == [50, 50, 50]
    assert np.allclose(iris.features[:50].mean(axis=0), [5.006, 3.428, 1.462, 0.246])
    assert iris.features[[34, 37]].tolist() == [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]
    assert iris.feature_names[0] == "sepal_length_cm" and iris.classes == 3


def test_xor_is_the_truth_table():
    xor = datasets.load("xor")
    assert {(*row, label) for row, label in zip(xor.features.tolist(), xor.labels.tolist(), strict=True)} == {
        (-1, -1, 0), (-1, 1, 1), (1, -1, 1), (1, 1, 0)
    }  # fmt: skip


@pytest.mark.parametrize("name", ["digits", "iris"])
def test_shipped_files_are_what_scikit_learn_has(name):
    """The recipe in data/README.md was followed."""
    source = pytest.importorskip("sklearn.datasets")
    bunch = getattr(source, f"load_{name}")()
    dataset = datasets.load(name)
    assert np.array_equal(dataset.features, bunch.data) and np.array_equal(dataset.labels, bunch.target)


def test_shipped_data_say_where_they_are_from():
    folder = Path(datasets.__file__).parent.parent / "data"
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert all(doi in text for doi in ("10.24432/C50P49", "10.24432/C56C76")) and text.count("CC BY 4.0") == 2
    assert {path.name for path in folder.iterdir()} == {"README.md", *(f"{name}.csv" for name in datasets.SHIPPED)}


# Reading


@pytest.mark.parametrize(
    "text",
    [
        "0.5,1,0\n-2,3e1,1\n",
        GOOD_CSV,
        GOOD_CSV.replace("\n", "\r\n"),
        GOOD_CSV.replace("\n", "\r"),
        "\ufeff" + GOOD_CSV,
        "\n" + GOOD_CSV.replace("\n", "\n\n"),
        GOOD_CSV.rstrip("\n"),
        'a,b,"the\nlabel"\n"0.5", 1 ,0.0\n-2,30,1e0\n',
    ],
)
def test_csv(tmp_path, text):
    """With and without header, in every kind of line, quoted or not."""
    path = tmp_path / "good.CSV"
    path.write_bytes(text.encode())
    dataset = datasets.load(str(path))
    assert dataset.name == str(path)
    assert dataset.features.tolist() == [[0.5, 1], [-2, 30]] and dataset.labels.tolist() == [0, 1]
    assert dataset.features.dtype == np.float64
    assert dataset.labels.dtype == np.int64 and dataset.classes == 2
    assert dataset.feature_names == (("a", "b") if "a" in text else ())


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16", "bool", ">i4"])
def test_npy_and_npz(tmp_path, dtype):
    """Every type of real number, in both files, either byte order."""
    x, y = np.array([[1, 0], [0, 1], [1, 1]], dtype), np.array([0, 1, 1], dtype)
    (tmp_path / "a.npz").write_bytes(npz(x=x, y=y, other=x))
    (tmp_path / "a.npy").write_bytes(npy(np.column_stack((x, y))))
    for name in ("a.npz", "a.npy"):
        dataset = datasets.load(str(tmp_path / name))
        assert np.array_equal(dataset.features, x) and np.array_equal(dataset.labels, y)
        assert dataset.features.dtype.newbyteorder("=") == np.dtype(dtype).newbyteorder("=")
        assert dataset.labels.dtype == np.int64
        assert dataset.classes == 2 and dataset.feature_names == ()


@given(matrices, st.data())
def test_csv_keeps_every_bit(matrix, data):
    """What Python's csv and repr write is read back exactly."""
    labels = data.draw(st.lists(st.integers(0, 8190), min_size=len(matrix), max_size=len(matrix)))
    assume(len(set(labels)) > 1 and (matrix != matrix[0]).any())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([*row, label] for row, label in zip(matrix.tolist(), labels, strict=True))
        dataset = datasets.load(str(path))
    named = dataset.class_names or list(map(str, range(dataset.classes)))
    assert np.array_equal(dataset.features, matrix) and [named[label] for label in dataset.labels] == list(
        map(str, labels)
    )


def test_npy_written_by_python_2(tmp_path):
    """Its header has 3L for 3, of which NumPy warns. Caught: warnings let through."""
    path = tmp_path / "old.npy"
    path.write_bytes(npy(np.c_[X, Y]).replace(b"(3, 3), } ", b"(3L, 3), }"))
    assert np.array_equal(datasets.load(str(path)).features, X)


def test_labels_may_be_any_whole_numbers(tmp_path):
    """From 1, with gaps, negative: each is a class, named by its number. Caught: classes that no sample has."""
    path = tmp_path / "a.csv"
    for text, labels, names in (
        ("1,8190\n2,3\n", [1, 0], ("3", "8190")),
        ("1,1\n2,2\n3,3\n", [0, 1, 2], ("1", "2", "3")),
        ("1,1\n2,-1\n", [1, 0], ("-1", "1")),
        ("1,1\n2,0\n", [1, 0], ()),
    ):
        path.write_text(text)
        dataset = datasets.load(str(path))
        assert (dataset.labels.tolist(), dataset.class_names) == (labels, names)
        assert dataset.classes == len(labels)


def test_features_alone(tmp_path, monkeypatch):
    """Rows with and without labels; labels need not be any."""
    monkeypatch.chdir(tmp_path)
    x = np.array([[0.5, 1], [-2, 30]])
    Path("bare.csv").write_text("a,b\n0.5,1\n-2,30\n")
    Path("labelled.csv").write_text("0.5,1,7.5\n-2,30,nan\n")
    Path("bare.npy").write_bytes(npy(x))
    Path("labelled.npy").write_bytes(npy(np.c_[x, x[:, 0]]))
    Path("bare.npz").write_bytes(npz(x=x))
    Path("labelled.npz").write_bytes(npz(x=x, y=np.array([1])))
    for name in ("bare.csv", "labelled.csv", "bare.npy", "labelled.npy", "bare.npz", "labelled.npz"):
        assert np.array_equal(datasets.load_features(name, 2).features, x), name
    assert datasets.load_features("digits", 64).features.shape == (1797, 64)


# Bad input


@pytest.mark.parametrize(
    "content, expected",
    [
        ("", "bad.csv: is empty"),
        ("\n\n\r\n", "bad.csv: is empty"),
        ("a,b,label\n", "bad.csv: has a header but no samples"),
        ("a,b,label\n\n", "bad.csv: has a header but no samples"),
        ("1\n2\n", "bad.csv: 1 column, expected features and a label"),
        ("1;2;0\n1;2;1\n", "bad.csv: every feature is the same in all samples: there is nothing to learn"),
        (GOOD_CSV + "1,2\n", "bad.csv: line 4: 2 columns, expected 3 as in line 1"),
        ("\n" + GOOD_CSV + "\n1,2,3,4\n", "bad.csv: line 6: 4 columns, expected 3 as in line 2"),
        ("1,2,0\n1\n", "bad.csv: line 2: 1 column, expected 3 as in line 1"),
        (GOOD_CSV + "1,abc,0\n", "bad.csv: line 4, column 2: 'abc' is not a number: correct it or delete the line"),
        (
            GOOD_CSV + "1,,0\n",
            f"bad.csv: 1 of 3 samples have missing values, the first at line 4, column 2 (a value): {MISSING}",
        ),
        (GOOD_CSV + "1,2,x\n", "bad.csv: line 4, column 3: 'x' is not a number: correct it or delete the line"),
        ("1.o,2,0\n1,2,1\n", "bad.csv: line 1, column 1: '1.o' is not a number: correct it or delete the line"),
        ("0,1,label\n1,2,1\n", "bad.csv: label 1 on every sample (1): expected two classes or more"),
        ("0,7,2,label\n1,2,3,1\n", "bad.csv: line 1, column 4: 'label' is not a number: correct it or delete the line"),
        (GOOD_CSV + "1,1_0,0\n", "bad.csv: line 4, column 2: '1_0' is not a number: correct it or delete the line"),
        (
            GOOD_CSV + "1," + "z" * 99 + ",0\n",
            "bad.csv: line 4, column 2: '" + "z" * 36 + "... is not a number: correct it or delete the line",
        ),
        (
            GOOD_CSV + "1,NaN,0\n",
            f"bad.csv: 1 of 3 samples have missing values, the first at line 4, column 2 (a value): {MISSING}",
        ),
        ("-inf,1,0\n1,2,1\n", "bad.csv: line 1, column 1: -inf is not finite"),
        ("\n1,1,0\n\n1,1e999,1\n", "bad.csv: line 4, column 2: inf is not finite"),
        (GOOD_CSV + "1,2,1.5\n", f"bad.csv: line 4, column 3: label 1.5 is not a whole number: {LABEL}"),
        (
            GOOD_CSV + "1,2,nan\n",
            "bad.csv: 1 of 3 samples have missing values, the first at line 4, column 3 (the label): "
            "type --missing drop to leave them out",
        ),
        (GOOD_CSV + "1,2,inf\n", f"bad.csv: line 4, column 3: label inf is too large: {LABEL}"),
        (
            "x,label\n" + "".join(f"{n}.5,{n}\n" for n in range(8192)),
            "bad.csv: 8192 classes, expected at most 8191",
        ),
        ("1,2,3\n1,3,3\n", "bad.csv: label 3 on every sample (2): expected two classes or more"),
        ("1,2,0\n", "bad.csv: label 0 on every sample (1): expected two classes or more"),
        (
            GOOD_CSV.encode() + b"1,\xe9,0\n",
            "bad.csv: line 4, column 2: 'é' is not a number: correct it or delete the line",
        ),
        (b"\xef\xbb\xbf1,2,0\n\xff", "bad.csv: line 2: 1 column, expected 3 as in line 1"),
        (GOOD_CSV.encode() + b"\0", "bad.csv: holds zero bytes, so it is not text"),
        (GOOD_CSV + '1,"2' + "0" * 200000, "bad.csv: line 4: field larger than field limit (131072)"),
    ],
)
def test_bad_csv(complaint, content, expected):
    """Each is one line with the place, counted as an editor counts.

    Caught: row count for line number (blank lines), any cell without a number taken for a header (the row is lost),
    float() alone (1_0), `<` for `<=` at 8190, no check for one class, an offset that ignores the byte order mark.
    """
    assert complaint("bad.csv", content) == expected


def changed(values, at, value):
    values = values.astype(np.float64)
    values[at] = value
    return values


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "bad.npz: is empty"),
        (b"PK, or so\n", "bad.npz: is not a .npz file"),
        (npy(X), "bad.npz: is not a .npz file"),
        (npz(x=X, y=Y)[:300], "bad.npz: cannot be read: File is not a zip file"),
        (npz(), "bad.npz: expected an array x, it holds nothing"),
        (npz(pictures=X, y=Y), "bad.npz: expected an array x, it holds 'pictures', 'y'"),
        (npz(x=X, answers=Y), "bad.npz: expected an array y, it holds 'x', 'answers'"),
        (npz(x=X, y=Y[:2]), "bad.npz: x has 3 samples, y has 2 labels"),
        (npz(x=X[0], y=Y), "bad.npz: x: shape (2,), expected 2 dimensions"),
        (npz(x=X, y=Y[:, None, None] + [1, 2]), "bad.npz: y: shape (3, 1, 2), expected a label for each sample"),
        (
            npz(x=X, y=np.c_[Y, Y]),
            "bad.npz: y[0]: [0 0]: expected one-hot labels, one 1 and the rest 0, for shape (3, 2)",
        ),
        (npz(x=X[:0], y=Y[:0]), "bad.npz: x: shape (0, 2) is empty"),
        (npz(x=X[:, :0], y=Y), "bad.npz: x: shape (3, 0) is empty"),
        (npz(x=X, y=Y * 1j), "bad.npz: y: expected real numbers, got complex128"),
        (npz(x=X * 1j, y=Y), "bad.npz: x: expected real numbers, got complex128"),
        (npz(x=X.astype(object), y=Y), "bad.npz: holds Python objects (a pickle), which could run any program"),
        (
            npz(x=changed(X, (2, 1), np.nan), y=Y),
            f"bad.npz: 1 of 3 samples have missing values, the first at x[2, 1] (a value): {MISSING}",
        ),
        (npz(x=changed(X, (2, 1), np.inf), y=Y), "bad.npz: x[2, 1]: inf is not finite"),
        (npz(x=X, y=changed(Y, 1, 0.5)), f"bad.npz: y[1]: label 0.5 is not a whole number: {LABEL}"),
        (
            npz(x=X, y=changed(Y, 2, np.nan)),
            "bad.npz: 1 of 3 samples have missing values, the first at y[2] (the label): "
            "type --missing drop to leave them out",
        ),
        (npz(x=X, y=Y * 0), "bad.npz: label 0 on every sample (3): expected two classes or more"),
    ],
)
def test_bad_npz(complaint, content, expected):
    """Places are written as Python finds them. Caught: allow_pickle=True, no length check, a label's place in x."""
    assert complaint("bad.npz", content) == expected


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "bad.npy: is empty"),
        (b"1,2,3\n", "bad.npy: is not a .npy file"),
        (npz(x=X, y=Y), "bad.npy: is not a .npy file"),
        (npy(X)[:-1], "bad.npy: cannot be read: "),
        (npy(X.astype(object)), "bad.npy: holds Python objects (a pickle), which could run any program"),
        (npy(Y), "bad.npy: array: shape (3,), expected 2 dimensions"),
        (
            npy(X[None]),
            "bad.npy: array: shape (1, 3, 2), expected 2 dimensions with the label in the last column: "
            "or save features as x and labels as y by numpy.savez",
        ),
        (npy(X[:0]), "bad.npy: array: shape (0, 2) is empty"),
        (npy(X[:, :1]), "bad.npy: 1 column, expected features and a label"),
        (npy(changed(X, (1, 0), np.inf)), "bad.npy: array[1, 0]: inf is not finite"),
        (npy(changed(X, (1, 1), 1.5)), f"bad.npy: array[1, 1]: label 1.5 is not a whole number: {LABEL}"),
    ],
)
def test_bad_npy(complaint, content, expected):
    """Places are written as Python finds them; of a cut file NumPy's own words follow."""
    found = complaint("bad.npy", content)
    assert found.startswith(expected) if expected.endswith(" ") else found == expected


@given(st.sampled_from(["a.npy", "a.npz", "a.csv"]), st.data())
def test_damaged_files_get_one_line(name, data):
    """Whatever a few changed bytes do to a file, it is read or refused in one line.

    Caught: a list of exceptions for all of them in what guards NumPy (it met tokenize.TokenError).
    """
    good = {"a.npy": npy(np.c_[X, Y]), "a.npz": npz(x=X, y=Y), "a.csv": GOOD_CSV.encode()}[name]
    content = bytearray(good)
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.sampled_from([len(good), len(good) // 2, len(good) - 1]))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            datasets.load(str(path))
        except DataError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


def test_what_cannot_be_opened(tmp_path, monkeypatch):
    """Unknown names, missing files, folders with and without a suffix, files that may not be read."""
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    Path("plain").mkdir()
    kinds = ".csv, .tsv, .txt, .data, .dat, .tab, .npy, .npz, .parquet"
    known = f"is neither digits, iris, xor, mnist:FOLDER nor a {kinds} file or a folder"
    assert message(datasets.load, "mnst") == f"data: 'mnst' {known}"
    assert message(datasets.load, "") == f"data: '' {known}"
    assert message(datasets.load, "a.doc") == f"data: 'a.doc' {known}"
    for name in ("none.csv", "none.npy", "none.npz", "no/such/folder.csv"):
        assert message(datasets.load, name) == f"{name}: no such file"
    for name in ("folder.csv", "plain"):
        kinds = ".png, .jpg, .jpeg, .wav, .flac"
        assert message(datasets.load, name) == f"{name}: expected a folder for each class, with {kinds} files"

    def forbid(*_):
        raise PermissionError(13, "Permission denied", "a.csv")

    monkeypatch.setattr("builtins.open", forbid)
    assert message(datasets.load, "a.csv") == "a.csv: cannot be read: Permission denied"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(GOOD_CSV)
    Path("a.csv").chmod(0)
    assert message(datasets.load, "a.csv") == "a.csv: cannot be read: Permission denied"


def test_bad_features_alone(complaint):
    """The number of columns must fit, with or without a label; features must be finite, labels need not."""
    assert (
        complaint("f.csv", GOOD_CSV, datasets.load_features, 4)
        == "f.csv: 3 columns, expected 4 features, with or without a label after them"
    )
    assert complaint("f.csv", "1,inf\n", datasets.load_features, 2) == "f.csv: line 1, column 2: inf is not finite"
    assert complaint("f.csv", "1,2\n1,nan\n", datasets.load_features, 2).startswith("f.csv: 1 of 2 samples have")
    assert complaint("f.npz", npz(y=X), datasets.load_features, 2) == "f.npz: expected an array x, it holds 'y'"


def test_layers_must_fit():
    """Caught: classes compared with `<=`, inputs compared with the number of samples."""
    digits = datasets.load("digits")
    datasets.check_layers((64, 32, 10), digits)
    datasets.check_layers((64, 12), digits)
    assert (
        message(datasets.check_layers, (64, 32, 9), digits)
        == "layers: 64-32-9 has 9 outputs, digits has 10 classes: 64-32-10 would fit"
    )
    assert (
        message(datasets.check_layers, (63, 10), digits)
        == "layers: 63-10 has 63 inputs, digits has 64 features: 64-10 would fit"
    )


def test_errors_say_only_what_they_were_told():
    """Those that are OSErrors too print no errno; each is what its place in the tree says."""
    tree = {
        errors.PortError: OSError,
        errors.BoardError: RuntimeError,
        errors.ProtocolError: errors.BoardError,
        errors.DataError: ValueError,
        errors.LogError: OSError,
        errors.ClusterError: OSError,
    }
    for kind, builtin in tree.items():
        error = kind("port: /dev/x cannot be opened")
        assert str(error) == "port: /dev/x cannot be opened"
        assert isinstance(error, errors.EqpropError) and isinstance(error, builtin)
        assert f"{kind.__name__}" in errors.__doc__


# Splitting


def test_split_sizes():
    """The sizes that the published figures have."""
    assert [len(part) for part in datasets.split(datasets.load("digits"), 0)] == [1437, 360]
    iris = datasets.load("iris")
    train, test = datasets.split(iris, 0, 1 / 3)
    assert (len(train), len(test)) == (100, 50)
    assert sorted(np.bincount(iris.labels[test])) == [16, 17, 17]
    assert len(datasets.split(dataset_of([0, 1] * 50), 0, 0.07)[1]) == 7  # 100 * 0.07 is a little more than 7


def test_split_is_the_same_everywhere():
    """Golden, by this code with NumPy 2.4: a conductance CRC of one machine is to be had on every other."""
    _, test = datasets.split(datasets.load("iris"), 0, 0.1)
    assert test.tolist() == [6, 17, 36, 43, 46, 60, 65, 66, 71, 87, 101, 102, 104, 111, 148]


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [0, 1] * 4, [0, 5, 5, 5]])
def test_truth_tables_are_tested_on_what_they_train(labels):
    """Fewer than five samples per class. The default split of xor would train three of its four rows."""
    count = list(range(len(labels)))
    train, test = datasets.split(dataset_of(labels), 0)
    assert train.tolist() == count and test.tolist() == count


def test_five_samples_per_class_are_split():
    """Caught: `<=` for `<`, classes without samples counted."""
    assert [len(part) for part in datasets.split(dataset_of([0, 1] * 5), 0)] == [8, 2]
    assert [len(part) for part in datasets.split(dataset_of([0, 7] * 5), 0)] == [8, 2]


def test_every_class_keeps_a_training_sample():
    """Even if all were to be tested. Caught: no bound below all."""
    dataset = dataset_of([0] * 9 + [1])
    train, test = datasets.split(dataset, 0, 0.999)
    assert dataset.labels[train].tolist() == [0, 1] and len(test) == 8


@given(label_lists(), st.integers(0, 2**64), st.floats(0.01, 0.99))
def test_split_is_a_stratified_partition(labels, seed, fraction):
    """Disjoint, complete, as large as asked for, each class's share within one of its due, none left untrained.

    A class is exactly one above its due where others that were due more must keep their only sample.

    Caught: shares that round up, `able` with >= 1 (a class loses its last sample), an order that is not by class.
    """
    dataset = dataset_of(labels)
    train, test = datasets.split(dataset, seed, fraction)
    counts = np.bincount(labels)
    assert train.dtype == test.dtype == np.int64
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all()
    wanted = min(math.ceil(round(len(labels) * fraction, 6)), len(labels) - 1)
    tested = np.bincount(dataset.labels[test], minlength=len(counts))
    assert (np.abs(tested - counts * wanted / len(labels)) < 1 + 1e-9).all()
    assert ((counts - tested)[counts > 0] >= 1).all()
    assert 1 <= len(test) <= wanted
    can_give = tested < np.minimum(counts - 1, counts * wanted / len(labels) - 1e-9)
    assert len(test) == wanted or not can_give.any()


@given(label_lists(), st.integers(0, 2**32 - 1))
def test_largest_remainders_are_served_first(labels, seed):
    """No class that got one more had a smaller remainder than one that could have had it and did not.

    Caught: remainders in ascending order.
    """
    counts = np.bincount(labels)
    _, test = datasets.split(dataset_of(labels), seed)
    tested = np.bincount(np.array(labels)[test], minlength=len(counts))
    due = counts * math.ceil(round(len(labels) * 0.2, 6)) / len(labels)
    remainder = due - np.floor(due + 1e-9)
    more = tested > np.floor(due + 1e-9)
    less = ~more & (counts - tested > 1)
    assert not more.any() or not less.any() or remainder[more].min() >= remainder[less].max() - 1e-9


@given(label_lists(), st.integers(0, 2**32 - 1))
def test_split_depends_on_labels_and_seed_alone(labels, seed):
    """Caught: np.random's global state for the seed."""
    first, second = (datasets.split(dataset_of(labels), seed) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_split_differs_between_seeds_and_takes_all_samples_alike():
    """Each sample of digits is tested about a fifth of the time. Caught: seed left out, the first always tested."""
    digits = datasets.load("digits")
    times = sum(np.bincount(datasets.split(digits, seed)[1], minlength=1797) for seed in range(200))
    # Binomial(200, 0.2) has mean 40 and deviation 5.7: 6 deviations are never left by 1797 samples of fixed seeds.
    assert times.min() > 6 and times.max() < 74


@pytest.mark.parametrize("fraction", [1, -0.1, 1.5, math.nan, math.inf])
def test_bad_fraction(fraction):
    expected = f"test_fraction: {fraction} is not from 0 to below 1"
    assert message(datasets.split, datasets.load("xor"), 0, fraction) == expected


@pytest.mark.parametrize("name", ["xor", "iris"])
def test_a_fraction_of_0_tests_nothing(name):
    dataset = datasets.load(name)
    prepared = datasets.prepare(dataset, 0, 0.0)
    assert len(prepared.train_y) == len(dataset.labels) and prepared.test_x.shape == (0, dataset.features.shape[1])


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0, 2] * 20, "class 1 of 0..2 has no samples"), ([1, 1, 3], "class 0 of 0..3 has no samples")],
)
def test_a_class_without_samples_is_refused_for_training(labels, words):
    """But not for a test, where `load` alone is used. Caught: the largest label forgotten, classes counted by value."""
    assert message(datasets.prepare, dataset_of(labels), 0) == f"made: {words}"


def test_published_test_samples_stay_test_samples():
    """Whatever the seed; a class that only they have cannot be learnt. Caught: the test samples taken first."""
    labels = np.array([0, 1] * 20 + [1, 0, 1])
    dataset = Dataset("made", np.arange(43.0)[:, None], labels, 2, test_samples=3)
    for seed in range(3):
        train, test = datasets.split(dataset, seed)
        assert train.tolist() == list(range(40)) and test.tolist() == [40, 41, 42]
    assert datasets.prepare(dataset, 0).scaling.span == (19.5,)
    only_tested = Dataset("made", dataset.features, np.r_[labels[:-1], 2], 3, test_samples=3)
    assert message(datasets.prepare, only_tested, 0) == "made: class 2 of 0..2 has no training samples"


def test_bad_seed():
    assert message(datasets.split, datasets.load("xor"), -1) == "seed: -1 is negative"


# Scaling


def test_digits_scale_as_the_reference_does():
    """round(x * 127 / 16), not centred, for every split. Caught: centring, a span for each column."""
    digits = datasets.load("digits")
    for seed in range(5):
        prepared = datasets.prepare(digits, seed)
        train, test = datasets.split(digits, seed)
        assert prepared.scaling == Scaling(64, (0.0,), (16.0,))
        assert np.array_equal(prepared.train_x, np.rint(digits.features[train] * 127 / 16))
        assert np.array_equal(prepared.test_x, np.rint(digits.features[test] * 127 / 16))
        assert np.array_equal(prepared.train_y, digits.labels[train]) and prepared.classes == 10
        assert np.array_equal(prepared.test_y, digits.labels[test])
        assert prepared.train_x.dtype == np.int8 and prepared.train_x.flags.c_contiguous
        assert prepared.test_x.dtype == np.int8 and prepared.test_x.flags.c_contiguous


def test_iris_is_centred_by_its_training_samples():
    """Each column of the training samples spans -127..127; those of the test may not. Caught: fitting on all."""
    iris = datasets.load("iris")
    for seed in range(20):
        prepared = datasets.prepare(iris, seed, 1 / 3)
        assert (prepared.train_x.min(axis=0) == -127).all() and (prepared.train_x.max(axis=0) == 127).all()
        train, _ = datasets.split(iris, seed, 1 / 3)
        assert prepared.scaling == datasets.fit_scaling(iris.features[train])
    assert len({datasets.prepare(iris, seed, 1 / 3).scaling for seed in range(20)}) > 1


def test_xor_drives_full_scale():
    prepared = datasets.prepare(datasets.load("xor"), 0)
    assert prepared.train_x.tolist() == [[-127, -127], [-127, 127], [127, -127], [127, 127]]
    assert prepared.test_x.tolist() == prepared.train_x.tolist()


@pytest.mark.parametrize(
    "features, image_like",
    [
        ([[0, 1], [1, 0]], True),
        ([[0, 2, 3], [0, 4, 4], [0, 1, 2], [3, 2, 4]], True),  # a quarter zeros
        ([[0, 2, 3], [0, 4, 4], [1, 1, 2], [3, 2, 4]], False),  # a sixth
        ([[0, -1], [1, 0]], False),
        ([[0, 0], [0, 0]], False),
        ([[0, 1, 300], [1, 0, 0], [0, 1, 200]], False),  # flags and millimetres share no scale
        ([[0, 0, 0, 300], [0, 0, 0, 1]], True),  # dead pixels have no scale
        ([[0, 1], [300, 0]], True),  # one column of two is half of them
        ([[0, 2, 1], [4, 0, 0]], True),  # 2 is half of 4
    ],
)
def test_which_features_are_image_like(features, image_like):
    """Each of the three conditions decides once. Caught: each left out, `>` for `>=` at a quarter and at the half."""
    scaling = datasets.fit_scaling(np.array(features))
    assert (scaling.span == (float(np.max(features)),) and scaling.offset == (0.0,)) == image_like
    assert scaling.features == len(features[0])


@pytest.mark.parametrize(
    "features, bright",
    [
        ([[9, 8, 7], [9, 5, 5], [9, 8, 6], [5, 7, 5]], True),  # a quarter are the largest
        ([[9, 8, 7], [9, 5, 5], [8, 8, 6], [6, 7, 5]], False),  # a sixth
        ([[9, 10], [10, 9]], True),
        ([[0, 10], [10, 9]], False),  # a quarter are zero: black stays 0
        ([[-1, 10], [10, 9]], False),
        ([[9, 9], [9, 9]], False),
        ([[300, 299, 1], [299, 300, 300], [300, 299, 1]], False),  # of the distances from 300, most are small
    ],
)
def test_which_features_are_on_a_bright_ground(features, bright):
    """The mirror of the rule above. Caught: a count of the largest values that a later block's larger one keeps."""
    features = np.array(features)
    scaling = datasets.fit_scaling(features)
    span = float(np.max(features) - np.min(features))
    assert (scaling.offset == (float(np.max(features)),) and scaling.span == (span,)) == bright


def test_a_picture_and_its_negative_give_the_network_mirrored_inputs():
    """Bright ones end as dark ones do: the ground is 0, which costs a board nothing. Caught: a ground of 127."""
    digits = datasets.load("digits").features
    dark, bright = (datasets.fit_scaling(each).quantise(each) for each in (digits, 16 - digits))
    assert np.array_equal(bright, -dark) and np.mean(bright == 0) > 0.4


def test_beyond_the_training_range_saturates():
    """Caught: a cast without clipping, which wraps."""
    scaling = datasets.fit_scaling(np.array([[-1.0, 5, 7], [3.0, 6, 7]]))
    far = [[-99.0, 1e308, 1e308], [99, -1e308, -7], [1, 5.5, 0]]
    assert scaling.quantise(far).tolist() == [[-127, 127, 0], [127, -127, 0], [0, 0, 0]]
    image = Scaling(2, (0.0,), (16.0,))
    assert image.quantise([[17.0, -1], [-17, 8]]).tolist() == [[127, -8], [-127, 64]]


def test_the_largest_numbers_do_not_overflow():
    """Caught: halving after the sum or the difference, either of them."""
    scaling = datasets.fit_scaling(np.array([[-1.5e308, 1.4e308], [1.5e308, 1.6e308]]))
    assert scaling.quantise([[-1.5e308, 1.6e308], [0, 1.5e308]]).tolist() == [[-127, 127], [0, 0]]


@given(matrices, st.data())
def test_inputs_are_in_range_and_rise_with_their_features(matrix, data):
    """int8 in -127..127 whatever the features, fitted or not; a larger feature is never a smaller input.

    Caught: -128 as lower bound, abs(), span 0 divided by.
    """
    scaling = datasets.fit_scaling(matrix)
    width = matrix.shape[1]
    rows = arrays.arrays(np.float64, (2, width), elements=finite)
    low, high = np.sort(data.draw(rows), axis=0)
    inputs = scaling.quantise([low, high, *matrix])
    assert inputs.dtype == np.int8 and inputs.flags.c_contiguous and inputs.shape == (len(matrix) + 2, width)
    assert inputs.min() >= -127 and inputs.max() <= 127
    assert (inputs[0] <= inputs[1]).all()


@given(arrays.arrays(np.float64, (6, 4), elements=st.sampled_from([0.0, 0.0, 0.5, 3.0, 4.0])))
def test_zero_stays_zero_in_images(matrix):
    """And the largest value is full scale. Caught: any offset."""
    scaling = datasets.fit_scaling(matrix)
    assume(len(scaling.span) == 1 and scaling.offset == (0.0,))
    inputs = scaling.quantise(matrix)
    assert (inputs[matrix == 0] == 0).all() and (inputs[matrix > 0] > 0).all()
    assert (inputs[matrix == matrix.max()] == 127).all()


@given(matrices)
def test_scaling_survives_json(matrix):
    scaling = datasets.fit_scaling(matrix)
    assert Scaling.from_dict(json.loads(json.dumps(scaling.to_dict(), allow_nan=False))) == scaling


@pytest.mark.parametrize(
    "saved, expected",
    [
        ({}, "scaling: expected features, offset and span: KeyError: 'features'"),
        ({"features": 2, "offset": [0]}, "scaling: expected features, offset and span: KeyError: 'span'"),
        (None, "scaling: expected features, offset and span: TypeError: 'NoneType' object is not subscriptable"),
        ({"features": 3, "offset": [0], "span": [1, 2]}, "scaling: span has 2 values for 3 features"),
        ({"features": 3, "offset": [], "span": [1]}, "scaling: offset has 0 values for 3 features"),
        ({"features": 1, "offset": [math.inf], "span": [1]}, "scaling: offset has a value out of range: (inf,)"),
        ({"features": 1, "offset": [-1], "span": [-1]}, "scaling: span has a value out of range: (-1.0,)"),
    ],
)
def test_bad_scaling(saved, expected):
    assert message(Scaling.from_dict, saved) == expected


def test_what_cannot_be_quantised():
    scaling = Scaling(2, (0.0,), (1.0,))
    assert message(scaling.quantise, [[1, 2, 3]]) == "features: shape (1, 3), expected rows of 2"
    assert message(scaling.quantise, [1, 2]) == "features: shape (2,), expected rows of 2"
    assert message(scaling.quantise, [[1, 2], [3, math.nan]]).startswith("features[1, 1] is missing, and the network")
    assert message(scaling.quantise, [[-math.inf, 2]]) == "features[0, 0]: -inf is not finite"
