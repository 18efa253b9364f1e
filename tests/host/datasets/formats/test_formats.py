"""Kinds of sources that need more than a table of text or NumPy: IDX, Parquet, folders; and data beyond memory.

Mutations tried on the code, one at a time, are named in the docstrings of the tests that caught them.
"""

import gzip
import json
import struct
import tracemalloc
import wave

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eqprop_host import Model, cli, datasets
from eqprop_host.datasets import blocks
from eqprop_host.datasets.formats import sounds
from eqprop_host.errors import DataError
from support.places import ROOT

GONE = "samples have missing values, the first at"
MISSING = "type --missing drop to leave them out, or --missing mean to fill in the column's mean"
LABEL = "type --label COLUMN to use another column"
MNIST = ROOT.parent / "shared" / "data" / "mnist"


def message(source):
    """Return the one line with which a source is refused."""
    with pytest.raises(DataError) as caught:
        datasets.load(str(source))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# IDX


def idx(values, magic=None):
    """Return a file's bytes; struct is the format's own description, and no code of ours."""
    head = struct.pack(">I", 0x800 | values.ndim if magic is None else magic)
    return head + struct.pack(f">{values.ndim}I", *values.shape) + values.astype(np.uint8).tobytes()


IMAGES, LABELS = np.arange(5 * 2 * 3).reshape(5, 2, 3), np.array([0, 1, 2, 1, 0])
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CONTENT = dict(zip(NAMES, map(idx, (IMAGES, LABELS, IMAGES[:2] + 100, LABELS[2:4])), strict=True))


def mnist(folder, compressed=(), **changed):
    """Write the four files, some of them compressed or with other content; return the source."""
    for name, content in {**CONTENT, **changed}.items():
        packed = name in compressed
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
    return f"mnist:{folder}"


@pytest.mark.parametrize("compressed", [(), NAMES, NAMES[1:3]])
def test_mnist_is_read_plain_and_compressed(tmp_path, compressed):
    """Caught: pixels column by column, the two parts changed for each other."""
    dataset = datasets.load(mnist(tmp_path, compressed))
    assert dataset.features.tolist() == [*range_rows(0, 5), *range_rows(100, 2)]
    assert dataset.labels.tolist() == [0, 1, 2, 1, 0, 2, 1] and dataset.classes == 3
    assert dataset.test_samples == 2 and dataset.features.dtype == np.uint8


def range_rows(start, count):
    return [list(range(start + 6 * row, start + 6 * row + 6)) for row in range(count)]


BAD_IDX = {
    "cut": ({NAMES[0]: CONTENT[NAMES[0]][:-1]}, f"{NAMES[0]}: 29 bytes of elements, expected 30 for size (5, 2, 3)"),
    "too long": ({NAMES[0]: CONTENT[NAMES[0]] + b"\0"}, f"{NAMES[0]}: more bytes of elements, expected 30"),
    "cut in its header": ({NAMES[1]: CONTENT[NAMES[1]][:6]}, f"{NAMES[1]}: 6 bytes, truncated within its header"),
    "empty": ({NAMES[1]: b""}, f"{NAMES[1]}: magic none, expected 0x00000801: unsigned bytes, 1 dimensions"),
    "mislabelled": ({NAMES[0]: CONTENT[NAMES[1]]}, f"{NAMES[0]}: magic 0x00000801, expected 0x00000803"),
    "floats": ({NAMES[0]: idx(IMAGES, 0xD03)}, f"{NAMES[0]}: magic 0x00000d03, expected 0x00000803"),
    "no image": ({NAMES[2]: idx(IMAGES[:0])}, f"{NAMES[2]}: size (0, 2, 3) is empty"),
    "a promise of terabytes": (
        {NAMES[0]: struct.pack(">4I", 0x803, *[2**32 - 1] * 3)},
        f"{NAMES[0]}: would unpack to {(2**32 - 1) ** 3:,} bytes, the limit is 1,073,741,824",
    ),
    "labels missing": ({NAMES[1]: idx(LABELS[:4])}, f"{NAMES[1]}: 4 labels, but {NAMES[0]} has 5 images"),
    "other size": (
        {NAMES[2]: idx(IMAGES[:2, :, :2])},
        f"{NAMES[2]}: images of shape (2, 2), expected (2, 3) as in train",
    ),
    "one class": ({NAMES[1]: idx(LABELS * 0), NAMES[3]: idx(LABELS[:2] * 0)}, "label 0 on every sample (7)"),
}


@pytest.mark.parametrize("name", BAD_IDX)
def test_bad_idx_is_named_with_field_and_value(tmp_path, name):
    """Caught: no check of magic, length, or count; sizes multiplied in 64 bits, where 2**96 comes round."""
    changed, words = BAD_IDX[name]
    said = message(mnist(tmp_path, **changed))
    assert words in said and str(tmp_path) in said


def test_a_missing_idx_file_or_folder_is_named(tmp_path):
    mnist(tmp_path)
    (tmp_path / NAMES[2]).unlink()
    assert message(f"mnist:{tmp_path}") == (
        f"{tmp_path}: expected a file {NAMES[2]} or {NAMES[2]}.gz; it holds {NAMES[3]}, {NAMES[0]}, {NAMES[1]}"
    )
    assert message(f"mnist:{tmp_path}/none") == f"{tmp_path}/none: no such folder"


@given(st.sampled_from(NAMES), st.booleans(), st.data())
def test_no_cut_of_an_idx_file_goes_unseen(tmp_path_factory, name, packed, data):
    """Wherever it is cut, compressed or not. Caught: EOFError of a cut .gz let through."""
    folder = tmp_path_factory.mktemp("cut")
    content = gzip.compress(CONTENT[name]) if packed else CONTENT[name]
    source = mnist(folder)
    (folder / name).unlink()
    (folder / (name + ".gz" * packed)).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert f"{folder}/{name}" in message(source)


@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not here")
def test_mnist_is_the_published_one():
    """Counts of each digit as its authors' files have them, and how it is scaled."""
    dataset = datasets.load(f"mnist:{MNIST}")
    assert dataset.features.shape == (70000, 784) and dataset.test_samples == 10000
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(dataset.labels[:60000]).tolist() == counts and dataset.labels[:4].tolist() == [5, 0, 4, 1]
    assert np.bincount(dataset.labels[60000:]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    prepared = datasets.prepare(dataset, 0)
    assert prepared.scaling == datasets.Scaling(784, (0.0,), (255.0,)) and len(prepared.test_x) == 10000


# Parquet


def test_parquet_is_read_whole_with_its_label_where_it_is_named(tmp_path, monkeypatch):
    """In several batches and row groups. Caught: the label's column left where it was, one batch for all."""
    monkeypatch.setattr(blocks, "BLOCK", 20)
    x, y = np.arange(300.0).reshape(100, 3), np.arange(100) % 4
    table = pa.table({"a": x[:, 0], "label": y.astype(np.int8), "b": x[:, 1].astype(np.float32), "c": x[:, 2]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=30)
    dataset = datasets.load(str(tmp_path / "a.parquet"))
    assert np.array_equal(dataset.features, x) and np.array_equal(dataset.labels, y)
    assert dataset.feature_names == ("a", "b", "c")
    pyarrow.parquet.write_table(
        table.select(["b", "a", "label"]).rename_columns(["b", "a", "y"]), tmp_path / "b.parquet"
    )
    last = datasets.load(str(tmp_path / "b.parquet"))
    assert np.array_equal(last.features, x[:, [1, 0]]) and np.array_equal(last.labels, y)
    assert datasets.load_features(str(tmp_path / "a.parquet"), 3).features.shape == (100, 3)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": [1.0, None, 3.0], "label": [0, 1, 0]}, f"1 of 3 {GONE} row 1, column 'a' (a value): {MISSING}"),
        ({"a": [1.0, 2.0, np.inf], "label": [0, 1, 0]}, "row 2, column 'a': inf is not finite"),
        (
            {"a": ["x", "y", "z"], "label": [0, 1, 0]},
            "column 'a' holds text (x, y, z), but features are numbers: type --drop a, or replace the text by numbers",
        ),
        (
            {"a": [1.0, 2.0, 3.0], "label": [0, 1, 0.5]},
            f"row 2, column 'label': label 0.5 is not a whole number: {LABEL}",
        ),
        ({"a": pa.array([], pa.float64()), "label": pa.array([], pa.int8())}, "is empty"),
        ({"label": [0, 1, 0]}, "1 column, expected features and a label"),
    ],
)
def test_bad_parquet_is_named_with_its_place(tmp_path, columns, words):
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert message(tmp_path / "a.parquet") == f"{tmp_path / 'a.parquet'}: {words}"


def test_a_cut_parquet_file_is_refused(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": [1.0, 2.0], "label": [0, 1]}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for size in (0, 3, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.parquet").write_bytes(whole[:size])
        assert message(tmp_path / "a.parquet").startswith(f"{tmp_path / 'a.parquet'}: cannot be read: ")


# Folders


def picture(path, pixels, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).convert(mode).save(path)


def test_pictures_by_class(tmp_path):
    """Classes by number where they are numbers. Caught: order of names as text, a dot file taken for a sample."""
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for number in (2, 10, 9):
        picture(tmp_path / str(number) / "b.png", pixels + number)
        picture(tmp_path / str(number) / "a.PNG", pixels + 100 + number, "RGB")
    (tmp_path / ".DS_Store").write_bytes(b"")
    (tmp_path / "9" / ".DS_Store").write_bytes(b"")
    dataset = datasets.load(str(tmp_path))
    assert dataset.class_names == ("2", "9", "10") and dataset.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.features[:, 0].tolist() == [102, 2, 109, 9, 110, 10] and dataset.features.shape == (6, 6)


def write_wav(path, samples, rate=8000, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.rint(np.repeat(samples, channels) * 32767).astype("<i2").tobytes())


def tone(hz, rate=8000, seconds=0.5, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)


def test_sounds_by_class(tmp_path):
    """What can be heard apart is learnt: the loudest band rises with the pitch. Caught: bands in falling order."""
    for n, hz in enumerate((150, 600, 2400)):
        write_wav(tmp_path / f"tone{n}" / "mono.wav", tone(hz))
        write_wav(tmp_path / f"tone{n}" / "stereo.wav", tone(hz, 44100), 44100, channels=2)
    dataset = datasets.load(str(tmp_path))
    assert dataset.class_names == ("tone0", "tone1", "tone2") and dataset.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.features.shape == (6, sounds.STEPS * sounds.BANDS)
    loudest = np.argmax(dataset.features.reshape(6, sounds.STEPS, sounds.BANDS)[:, 8], axis=1)
    assert loudest[0] < loudest[2] < loudest[4] and (loudest[::2] == loudest[1::2]).all()


@given(st.floats(400, 3000), st.sampled_from([8000, 16000, 22050, 44100, 48000]), st.floats(0.01, 1))
def test_loudness_is_the_power_of_a_tone_at_any_rate(hz, rate, amplitude):
    """A sine's power, by its definition: 20 log10 of its amplitude. Caught: the window not divided by."""
    features = sounds.loudness(tone(hz, rate, amplitude=amplitude), rate).reshape(sounds.STEPS, sounds.BANDS)
    total = 10 * np.log10(np.sum(10 ** (features[4:-4] / 10), axis=1))
    assert np.allclose(total, 20 * np.log10(amplitude), atol=0.3)


@given(st.integers(1, 20000), st.integers(8000, 48000))
def test_sounds_of_any_length_have_as_many_features(length, rate):
    """Silence is the floor. Caught: a stretch without frames, whose mean is not a number."""
    assert sounds.loudness(np.zeros(length), rate).tolist() == [-100.0] * (sounds.STEPS * sounds.BANDS)


def test_a_network_of_a_folder_knows_the_names_of_its_classes(tmp_path):
    """And is asked again with the scale that it was trained with. Caught: names in another order than the labels."""
    for n, name in enumerate(("left", "right")):
        for shade in range(12):
            pixels = np.zeros((2, 3), np.uint8)
            pixels[:, 2 * n] = 200 + shade
            picture(tmp_path / "data" / name / f"{shade}.png", pixels)
    about = [f"--data={tmp_path / 'data'}", f"--json={tmp_path / 'a.json'}", f"--save={tmp_path / 'a.npz'}"]
    assert cli.main(["simulate", "--layers=6-4-2", "--epochs=20", *about]) == 0
    results = json.loads((tmp_path / "a.json").read_text())
    assert results["class_names"] == ["left", "right"] and results["test_error_percent"] == 0
    saved = Model.load(tmp_path / "a.npz")
    assert saved.scaling["span"] == [float(datasets.load(str(tmp_path / "data")).features.max())]


def bad_folder(folder, change):
    for n, name in enumerate(("cat", "dog")):
        picture(folder / name / "1.png", np.full((2, 3), n, np.uint8))
    change(folder)
    return folder


BAD_FOLDER = {
    "no samples": (
        lambda d: (d / "eel").mkdir(),
        "eel: class eel has no samples: it holds no .png, .jpg, .jpeg, .wav, .flac files",
    ),
    "two kinds": (lambda d: write_wav(d / "dog" / "2.wav", [0.0]), "dog/2.wav: is a sound, "),
    "two sizes": (
        lambda d: picture(d / "dog" / "2.png", np.zeros((3, 3), np.uint8)),
        "dog/2.png: has 3x3 pixels, ",
    ),
    "no picture": (
        lambda d: (d / "cat" / "0.png").write_bytes(b"%PDF-1"),
        "cat/0.png: expected a picture",
    ),
    "cut": (
        lambda d: (d / "cat" / "1.png").write_bytes((d / "cat" / "1.png").read_bytes()[:45]),
        "cat/1.png: cannot be read: ",
    ),
    "large": (
        lambda d: picture(d / "cat" / "0.png", np.zeros((90, 100), np.uint8)),
        "cat/0.png: 100x90 pixels, a network has at most 8191 inputs: type --size 16x16 (or 16x16x3 in colours)",
    ),
    "no sound": (lambda d: (d / "cat" / "0.wav").write_bytes(b"RIFF"), "cat/0.wav: cannot be read: "),
    "few samples": (lambda d: write_wav(d / "cat" / "0.wav", tone(100, 4000), 4000), "cat/0.wav: 4000 samples/s"),
    "silent": (lambda d: write_wav(d / "cat" / "0.wav", []), "cat/0.wav: has no samples"),
}


@pytest.mark.parametrize("name", BAD_FOLDER)
def test_bad_folders_are_named_to_the_file(tmp_path, name):
    change, words = BAD_FOLDER[name]
    said = message(bad_folder(tmp_path, change))
    assert str(tmp_path) in said and words in said, said


# Data beyond memory


@pytest.fixture
def little_memory(monkeypatch):
    """Blocks of 16 KB; what is larger than 64 KB lies in a file."""
    monkeypatch.setattr(blocks, "BLOCK", 1 << 11)
    monkeypatch.setattr(blocks, "IN_MEMORY", 1 << 16)


def table_files(folder, x, y):
    np.save(folder / "a.npy", np.column_stack((x, y)))
    np.savez_compressed(folder / "a.npz", x=x, y=y)
    np.savetxt(folder / "a.csv", np.column_stack((x, y)), delimiter=",", fmt="%d")
    table = pa.table({**{f"x{n}": column for n, column in enumerate(x.T)}, "label": y})
    pyarrow.parquet.write_table(table, folder / "a.parquet")


@pytest.mark.usefixtures("little_memory")
@pytest.mark.slow
def test_no_source_is_ever_whole_in_memory(tmp_path):
    """And what comes of it is what comes of it in memory. Caught: any copy of the whole, a block lost or twice.

    The samples that are prepared, 1.2 MB, and any form of what they were read from are larger than the peak.
    """
    random = np.random.default_rng(1)
    x, y = random.integers(0, 9, (20000, 60), np.uint8), random.integers(0, 3, 20000)
    table_files(tmp_path, x, y)
    expected = datasets.prepare(datasets.Dataset("made", x, y, 3), 0)
    for suffix in ("npy", "npz", "csv", "parquet"):
        tracemalloc.start()
        found = datasets.prepare(datasets.load(str(tmp_path / f"a.{suffix}")), 0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found.scaling == expected.scaling and np.array_equal(found.train_y, expected.train_y)
        assert np.array_equal(found.train_x, expected.train_x) and np.array_equal(found.test_x, expected.test_x)
        assert peak < 1 << 20 or suffix == "parquet", (suffix, peak)  # pyarrow's own memory is not NumPy's


@pytest.mark.usefixtures("little_memory")
def test_a_spool_gives_back_what_it_was_given():
    """In memory, in a file, and across the change. Caught: the blocks before the change not written to the file."""
    for count in (1, 40, 400):
        spool = blocks.Spool()
        block = np.arange(1000, dtype=">i2").reshape(50, 20)
        for n in range(count):
            spool.append(block + n)
        assert np.array_equal(spool.finish(), np.concatenate([block + n for n in range(count)]))


@pytest.mark.slow
def test_a_network_says_how_it_hears_and_is_not_tested_on_what_is_heard_otherwise(tmp_path, monkeypatch):
    """Catches a recipe that is not saved, leaves out a constant, or that nobody looks at."""
    for n in range(10):
        write_wav(tmp_path / "tones" / "low" / f"{n}.wav", tone(300 + n))
        write_wav(tmp_path / "tones" / "high" / f"{n}.wav", tone(2000 + n))
    saved, data = tmp_path / "tones.npz", f"--data={tmp_path / 'tones'}"
    assert cli.main(["simulate", data, "--layers=256-4-2", "--epochs=1", f"--save={saved}"]) == 0
    recipe = Model.load(saved).recipe
    assert recipe == sounds.RECIPE
    assert sorted(recipe.values()) == [1e-10, 0.016, 0.032, sounds.BANDS, sounds.STEPS, 50.0, 4000.0]
    assert cli.main(["evaluate", str(saved)]) == 0
    monkeypatch.setitem(sounds.RECIPE, "hop_s", 0.02)
    assert cli.main(["evaluate", str(saved)]) != 0


# Sizes and modes of pictures


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_a_picture_is_the_same_in_every_mode(tmp_path, mode):
    """Grey squares shrunk to a fourth. Caught: numbers in a palette that are averaged, 16 bits cut at 255."""
    grey = np.kron(np.array([[0, 80], [160, 240]], np.uint8), np.ones((8, 8), np.uint8))
    made = Image.fromarray(grey.astype(np.uint16) << 8) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made.save(tmp_path / name / ("1.tif" if mode == "CMYK" else "1.png"))
        made = made.transpose(Image.Transpose.ROTATE_180)
    plain, coloured = (datasets.load(str(tmp_path), datasets.Reading(size=size)) for size in ("4x4", "4x4x3"))
    expected = np.kron([[0, 80], [160, 240]], np.ones((2, 2))).ravel()
    assert np.abs(plain.features - [expected, expected[::-1]]).max() <= 1 and plain.notes == ()
    assert coloured.features.shape == (2, 48) and plain.recipe == {"pixels": "4x4"}


def test_transparent_edges_give_no_colour(tmp_path):
    """A black square on a transparent ground that is red underneath. Caught: averages of colours nobody sees."""
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[..., 0] = 255
    pixels[:, :5] = (0, 0, 0, 255)
    for name, turned in (("a", pixels), ("b", pixels[:, ::-1])):
        (tmp_path / name).mkdir()
        Image.fromarray(turned).save(tmp_path / name / "1.png")
    dataset = datasets.load(str(tmp_path), datasets.Reading(size="4x4x3"))
    colours = dataset.features[0].reshape(4, 4, 3)
    assert np.abs(colours[0] - [[0] * 3, [0] * 3, [127] * 3, [255] * 3]).max() <= 2
    assert "partly transparent, laid over white" in dataset.notes[0]


def test_a_large_picture_is_cut_around_its_centre(tmp_path):
    """To the new shape, not squeezed into it; a camera's note on how it was held is followed."""
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    for name, angle, note in (("a", 0, 1), ("b", 90, 6)):
        (tmp_path / name).mkdir()
        exif = Image.Exif()
        exif[274] = note  # 6: to be turned a quarter to the right
        Image.fromarray(wide if name == "a" else wide // 2).rotate(angle, expand=True).save(
            tmp_path / name / "1.png", exif=exif
        )
    assert datasets.load(str(tmp_path), datasets.Reading(size="5x5")).features.tolist() == [[200] * 25, [100] * 25]
    single = datasets.load_features(str(tmp_path / "a" / "1.png"), 25, datasets.Reading(size="5x5"))
    with pytest.raises(DataError, match="is a picture of 5x5 pixels, but the network learnt from a sound"):
        datasets.load_features(str(tmp_path), 25, datasets.Reading(size="5x5"), recipe=sounds.RECIPE)
    assert single.features.tolist() == [[200] * 25] and single.rows == (str(tmp_path / "a" / "1.png"),)
