"""Makers of files as people have them, each by the library that they use, for test_file_shapes."""

import gzip
import io
import json
import struct
from pathlib import Path

import numpy as np

from eqprop_host import datasets

SPECIES = ("setosa", "versicolor", "virginica")
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


def iris(names=NAMES, label="species", numbers=False, columns=4):
    """Return iris as a pandas frame, its samples in an order without meaning."""
    import pandas

    data = datasets.load("iris")
    frame = pandas.DataFrame(data.features[:, :columns], columns=list(names[:columns]))
    frame[label] = data.labels if numbers else np.array(SPECIES)[data.labels]
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def csv_file(name="iris.csv", frame=iris, **options):
    """Return a maker of what pandas writes with these options."""

    def make(folder):
        frame().to_csv(folder / name, **{"index": False, **options})
        return str(folder / name)

    return make


def raw(name, content):
    """Return a maker of a file of these bytes."""

    def make(folder):
        data = content() if callable(content) else content
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return str(folder / name)

    return make


def text_of(frame, **options):
    return frame.to_csv(**{"index": False, **options})


def with_rows(**columns):
    """Return iris with columns in front, each given the number of rows."""
    frame = iris()
    for name, values in reversed(columns.items()):
        frame.insert(0, name, values(len(frame)))
    return frame


def sklearn_bunch(load, **members):
    def make(folder):
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, load)()
        np.savez(folder / "a.npz", **(bunch if not members else {key: bunch[name] for key, name in members.items()}))
        return str(folder / "a.npz")

    return make


def npz(**arrays):
    def make(folder):
        np.savez_compressed(folder / "a.npz", **{key: value() for key, value in arrays.items()})
        return str(folder / "a.npz")

    return make


def pictures(count=60, side=28, channels=()):
    """Return pictures of noise, a class brighter than the others on a side of its own."""
    random = np.random.default_rng(0)
    x = random.integers(0, 60, (count, side, side, *channels), dtype=np.uint8)
    y = np.arange(count) % 3
    for n in range(3):
        x[y == n, :, n * side // 3 : (n + 1) * side // 3] += 150
    return x, y


def parquet(make_frame, **options):
    def make(folder):
        make_frame().to_parquet(folder / "a.parquet", **options)
        return str(folder / "a.parquet")

    return make


def hugging_face(folder):
    """Write what `datasets.Dataset.to_parquet` writes of pictures: structs, and the classes' names in the metadata."""
    import pyarrow as pa
    import pyarrow.parquet

    x, y = pictures(side=8)
    images = []
    for pixels in x:
        file = io.BytesIO()
        image(pixels).save(file, format="PNG")
        images.append({"bytes": file.getvalue(), "path": None})
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    features = {"image": {"_type": "Image"}, "label": {"names": list(SPECIES), "_type": "ClassLabel"}}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"image": pa.array(images, kind), "label": pa.array(y)}).replace_schema_metadata(about)
    pyarrow.parquet.write_table(table, folder / "a.parquet")
    return str(folder / "a.parquet")


def lists(folder):
    import pyarrow as pa
    import pyarrow.parquet

    data = datasets.load("iris")
    values = pa.array(data.features.tolist(), pa.list_(pa.float32()))
    labels = pa.array(np.array(SPECIES)[data.labels].tolist()).dictionary_encode()
    pyarrow.parquet.write_table(pa.table({"embedding": values, "label": labels}), folder / "a.parquet")
    return str(folder / "a.parquet")


def image(pixels, mode=None):
    from PIL import Image

    made = Image.fromarray(pixels)
    return made.convert(mode) if mode else made


def picture_folder(suffix="png", side=8, parts=("",), wrap="", change=None, mode=None, **options):
    """Return a maker of a folder of pictures by class."""

    def make(folder):
        for part in parts:
            x, y = pictures(side=side)
            for n, (pixels, label) in enumerate(zip(x, y, strict=True)):
                path = folder / "data" / wrap / part / SPECIES[label] / f"{n}.{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                made = image(pixels, mode)
                (change(made, n) if change else made).save(path, **options)
        return str(folder / "data")

    return make


def black_ink(made, n):
    """Return a picture whose shape is in its transparency alone."""
    from PIL import Image

    ink = Image.new("RGBA", made.size, (0, 0, 0, 0))
    ink.putalpha(made)
    return ink


def sound_folder(suffix="wav", rate=16000, **options):
    def make(folder):
        import soundfile

        random = np.random.default_rng(0)
        for n in range(30):
            hz = (300, 800, 1800)[n % 3]
            path = folder / "data" / SPECIES[n % 3] / f"{n}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            time = np.arange(rate // 2) / rate
            sound = 0.4 * np.sin(2 * np.pi * hz * time) + 0.01 * random.standard_normal(len(time))
            if options.get("channels") == 2:
                sound = np.c_[sound, sound]
            soundfile.write(path, sound, rate, subtype=options.get("subtype"))
        return str(folder / "data")

    return make


def spoilt_sounds(spoil):
    def make(folder):
        source = sound_folder()(folder)
        spoil(Path(source) / "setosa" / "0.wav")
        return source

    return make


def silence(path):
    import soundfile

    soundfile.write(path, np.zeros(8000), 16000)


IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx(rename=lambda name: name, packed=False, folder_name="", bare=False, first=0):
    """Return a maker of the four files under other names."""

    def make(folder):
        x, y = pictures(60, 8)
        for name, values in zip(IDX, (x, y + first, x[:20], y[:20] + first), strict=True):
            head = struct.pack(f">I{values.ndim}I", 0x800 | values.ndim, *values.shape)
            path = folder / "mnist" / folder_name / rename(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            data = head + values.astype(np.uint8).tobytes()
            path.write_bytes(gzip.compress(data) if packed else data)
        return f"{folder}/mnist" if bare else f"mnist:{folder}/mnist"

    return make


def mnist_like(first=0):
    """Return MNIST's like as Kaggle has it: the label in front, a header of pixels."""
    import pandas

    x, y = pictures(60, 8)
    frame = pandas.DataFrame(x.reshape(60, -1), columns=[f"pixel{n}" for n in range(64)])
    frame.insert(0, "label", y + first)
    return frame


def table_of_pictures(folder):
    """Write a CSV of files and labels beside the files."""
    import pandas

    x, y = pictures(60, 8)
    for n, pixels in enumerate(x):
        image(pixels).save(folder / f"{n}.png")
    names = np.array(SPECIES)[y]
    pandas.DataFrame({"filename": [f"{n}.png" for n in range(60)], "label": names}).to_csv(
        folder / "labels.csv", index=False
    )
    return str(folder / "labels.csv")


def records(folder):
    frame = iris(numbers=True, label="label")
    np.save(folder / "a.npy", frame.to_records(index=False))
    return str(folder / "a.npy")


def one_hot_columns():
    import pandas

    return pandas.get_dummies(iris(), columns=["species"])


def with_gaps():
    frame = iris()
    frame.loc[[3, 50], "petal_width"] = np.nan
    return frame


def glitch():
    frame = iris()
    frame.loc[7, "petal_width"] = 65535
    return frame


def constant():
    frame = iris()
    frame["lot"] = 7
    return frame[["lot", *NAMES, "species"]]


def in_thousands():
    """Return iris in other units, its numbers written as in Germany."""
    frame = iris()
    for name in NAMES:
        frame[name] = [f"{1000 * v:,.1f}".translate(str.maketrans(",.", ".,")) for v in frame[name]]
    return frame


def centred():
    """Return iris with negative numbers."""
    frame = iris()
    frame[list(NAMES)] = (frame[list(NAMES)] - 3.5).round(2)
    return frame


def sparse(folder):
    import scipy.sparse

    scipy.sparse.save_npz(folder / "a.npz", scipy.sparse.csr_matrix(np.eye(20)))
    return str(folder / "a.npz")


def penguins():
    frame = iris()
    frame.insert(1, "island", ["Biscoe", "Dream", "Torgersen"] * 50)
    return frame[["species", "island", *NAMES]]


def times(count):
    import pandas

    return pandas.date_range("2024-03-01 10:00", periods=count, freq="min")


def savetxt(name, delimiter=" ", **options):
    def make(folder):
        data = datasets.load("iris")
        np.savetxt(folder / name, np.c_[data.features, data.labels], delimiter=delimiter, fmt="%g", **options)
        return str(folder / name)

    return make


def savez_positional(folder):
    data = datasets.load("iris")
    np.savez(folder / "a.npz", data.features, data.labels)
    return str(folder / "a.npz")


def saved(path, values):
    np.save(path, np.asarray(values, np.float64))
    return str(path)


def stray(source):
    Path(source, "README.txt").write_text("pictures")
    return source
