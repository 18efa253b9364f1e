"""Files as people have them, each made by the library that they use: what is read without an option, what is refused.

The table in docs/how-to/data.md is written by `make generated` and compared here.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from eqprop_host import datasets
from eqprop_host.errors import DataError
from support.file_makers import (
    NAMES,
    SPECIES,
    black_ink,
    centred,
    constant,
    csv_file,
    glitch,
    hugging_face,
    idx,
    image,
    in_thousands,
    iris,
    lists,
    mnist_like,
    npz,
    one_hot_columns,
    parquet,
    penguins,
    picture_folder,
    pictures,
    raw,
    records,
    saved,
    savetxt,
    savez_positional,
    silence,
    sklearn_bunch,
    sound_folder,
    sparse,
    spoilt_sounds,
    stray,
    table_of_pictures,
    text_of,
    times,
    with_gaps,
    with_rows,
)
from support.places import ROOT

PAGE = ROOT / "docs" / "how-to" / "data.md"
BEGIN, END = "<!-- shapes -->", "<!-- end -->"


@dataclass(frozen=True)
class Shape:
    """A kind of file."""

    text: str
    """What it is, for the table."""

    make: Callable[[Path], str]
    """Writes it into a folder and returns the source."""

    says: str = ""
    """Words of a note where it is read, or of the line with which it is refused."""

    read: bool = True
    """Whether it is read."""

    samples: int = 150
    features: int = 4
    classes: tuple = SPECIES
    reading: dict | None = None
    """Options with which a refused one is read."""

    @property
    def row(self):
        """Return its row of the table."""
        outcome = "read" if self.read else f"refused: `{self.says}`"
        if self.read and self.says:
            outcome = f"read; says `{self.says}`"
        return f"| {self.text} | {outcome} |"


NUMBERS: tuple = ()
"""No names of classes: labels from 0."""

EXCEL = {"sep": ";", "decimal": ",", "lineterminator": "\r\n"}
TINY = {"samples": 60, "features": 64}
MNIST = {"samples": 80, "features": 64, "classes": NUMBERS}

SHAPES = {
    # Text tables
    "pandas": Shape("CSV by pandas, names of species in the last column", csv_file()),
    "index": Shape(
        "CSV by pandas with its index",
        csv_file(index=True),
        "column 'Unnamed: 0' holds row numbers: left out",
    ),
    "numbers_as_names": Shape(
        "CSV by pandas of an array: columns 0, 1, 2 and so on",
        csv_file(frame=lambda: iris(numbers=True).set_axis(range(5), axis=1)),
        "line 1 is read as the header: '0,1,2,3,4'",
        classes=NUMBERS,
    ),
    "numbers_and_species": Shape(
        "the same, with text labels",
        csv_file(frame=lambda: iris().set_axis(range(5), axis=1)),
        "line 1 is read as the header",
    ),
    "wavelengths": Shape(
        "CSV with wavelengths in the header: 400.5, 401, and so on",
        csv_file(frame=lambda: iris(names=("400.5", "401.0", "401.5", "402.0"), label="class", numbers=True)),
        "line 1 is read as the header: '400.5,401.0,401.5,402.0,class'",
        classes=NUMBERS,
    ),
    "numbers_then_species": Shape(
        "CSV by pandas of an array with its index, a column species at the end",
        csv_file(frame=lambda: iris(names=tuple("0123")), index=True),
        "line 1 is read as the header: ',0,1,2,3,species'",
    ),
    "label_first": Shape(
        "CSV with the column label first, like Kaggle's MNIST", csv_file(frame=mnist_like), **TINY, classes=NUMBERS
    ),
    "from_one": Shape(
        "the same, labels from 1", csv_file(frame=lambda: mnist_like(1)), **TINY, classes=("1", "2", "3")
    ),
    "kaggle_iris": Shape(
        "Kaggle's Iris.csv: Id, ..., Species",
        csv_file(frame=lambda: with_rows(Id=lambda count: range(1, count + 1))),
        "column 'Id' holds row numbers: left out",
    ),
    "wisconsin": Shape(
        "Kaggle's breast cancer: id, diagnosis, numbers, a comma at the end of lines",
        raw(
            "data.csv",
            lambda: (
                "id,diagnosis,a,b,c,\n"
                + "".join(
                    f"{842302 + 137 * n * n},{'MB'[n % 2]},{n % 2 + n / 1000:.3f},{n % 7}.5,{n % 5}.25,\n"
                    for n in range(150)
                )
            ),
        ),
        "column 'id' holds row numbers: left out",
        features=3,
        classes=("B", "M"),
    ),
    "wisconsin_bare": Shape(
        "UCI's wdbc.data: the same without a header",
        raw(
            "wdbc.data",
            lambda: "".join(
                f"{842302 + 137 * n * n},{'MB'[n % 2]},{n % 2 + n / 1000:.3f},{n % 7}.5\n" for n in range(150)
            ),
        ),
        "column 1 differs in every row: if it identifies the sample, type --drop 1",
        features=3,
        classes=("B", "M"),
    ),
    "uci_iris": Shape(
        "UCI's iris.data: no header, an empty line at the end",
        raw("iris.data", lambda: text_of(iris(), header=False) + "\n"),
    ),
    "uci_wine": Shape(
        "UCI's wine.data: no header, classes from 1 in front",
        raw(
            "wine.data",
            lambda: "".join(f"{n % 3 + 1},{n % 3 + n / 99:.2f},{n % 9},{700 + 7 * n}\n" for n in range(150)),
        ),
        "choose the label, for example --label 1",
        read=False,
        features=3,
        classes=("1", "2", "3"),
        reading={"label": "1"},
    ),
    "uci_letters": Shape(
        "UCI's letter-recognition.data: letters in front, then numbers",
        raw("letter.data", lambda: "".join(f"{'ABC'[n % 3]},{n % 3},{n % 9},{n % 4}\n" for n in range(150))),
        "may both be the label: type --label 1, or --label 4 --drop 1",
        read=False,
        features=3,
        classes=tuple("ABC"),
        reading={"label": "1"},
    ),
    "uci_mnist": Shape(
        "MNIST as a CSV without a header, the label in front",
        raw("mnist.csv", lambda: text_of(mnist_like().assign(z=0), header=False)),
        "choose the label, for example --label 1",
        read=False,
        samples=60,
        features=65,
        classes=NUMBERS,
        reading={"label": "1"},
    ),
    "other_names": Shape(
        "a header without a name for labels",
        csv_file(frame=lambda: iris(numbers=True, label="kind")),
        "column 'kind', the last, is used as the label",
        classes=NUMBERS,
    ),
    "titanic": Shape(
        "a header that says which column is the outcome: Survived, ..., Parch",
        csv_file(frame=lambda: iris(numbers=True, label="Survived")[["Survived", *NAMES]].assign(Parch=[0, 1] * 75)),
        features=5,
        classes=NUMBERS,
    ),
    "yes_no": Shape(
        "labels True and False",
        csv_file(frame=lambda: iris().assign(label=lambda f: f.species == "setosa").drop(columns="species")),
        classes=("False", "True"),
    ),
    "same_names": Shape(
        "two columns with the same name",
        csv_file(frame=lambda: iris(names=("a", "b", "a", "c"))),
    ),
    "uci_yeast": Shape(
        "UCI's yeast.data: white space, a sample name in the first column",
        raw(
            "yeast.data",
            lambda: "".join(
                "  ".join([f"ADT{n}_YEAST", *map(str, row[:4]), row[4]]) + "\n"
                for n, row in enumerate(iris().to_numpy().tolist())
            ),
        ),
        "column 1 holds a different text for most samples: left out",
    ),
    "uci_seeds": Shape(
        "UCI's seeds_dataset.txt: tabs, sometimes doubled",
        raw(
            "seeds.txt",
            lambda: "".join(
                ("\t\t" if n % 7 == 0 else "\t").join(map(str, row)) + "\n"
                for n, row in enumerate(iris(numbers=True).to_numpy().tolist())
            ),
        ),
        classes=NUMBERS,
    ),
    "sklearn_csv": Shape(
        "scikit-learn's own iris.csv: counts and names of classes in the first line",
        raw("iris.csv", lambda: "150,4,setosa,versicolor,virginica\n" + text_of(iris(numbers=True), header=False)),
    ),
    "excel": Shape("CSV by a German Excel: semicolons, decimal commas, CRLF", csv_file(**EXCEL)),
    "thousands": Shape(
        "the same with thousands: 1.234,5",
        raw("iris.csv", lambda: text_of(in_thousands(), sep=";")),
    ),
    "minus": Shape(
        "a typographic minus: −1.5",
        raw("iris.csv", lambda: text_of(centred()).replace("-", "\u2212")),
    ),
    "fortran": Shape(
        "Fortran exponents: 1.5D+03",
        raw("iris.csv", lambda: text_of(iris(), float_format="%.4E").replace("E+", "D+").replace("E-", "D-")),
    ),
    "cyrillic": Shape(
        "names in another encoding, such as Windows-1251",
        csv_file(
            frame=lambda: iris().replace(dict(zip(SPECIES, ("мак", "ирис", "роза"), strict=True))), encoding="cp1251"
        ),
        "names that are not UTF-8 are read as Windows-1252, for example 'èðèñ': if that is wrong, save it as UTF-8",
        classes=("èðèñ", "ìàê", "ðîçà"),
    ),
    "shift_jis": Shape(
        "names in Shift-JIS",
        csv_file(
            frame=lambda: iris().replace(dict(zip(SPECIES, ("桜", "梅", "菊"), strict=True))), encoding="shift-jis"
        ),
        "is neither UTF-8 nor Windows-1252: save it as UTF-8",
        read=False,
    ),
    "excel_utf8": Shape("Excel's “CSV UTF-8”: a byte order mark", csv_file(encoding="utf-8-sig", **EXCEL)),
    "excel_unicode": Shape(
        "Excel's “Unicode text”: UTF-16, tabs", csv_file("iris.txt", encoding="utf-16", sep="\t", decimal=",")
    ),
    "excel_latin": Shape(
        "Excel's CSV in Windows-1252 with accents in names",
        csv_file(frame=lambda: iris(names=("länge", "breite", "höhe", "größe")), encoding="cp1252", **EXCEL),
    ),
    "excel_sep": Shape("a first line sep=; for Excel", raw("iris.csv", lambda: "sep=;\r\n" + text_of(iris(), **EXCEL))),
    "libreoffice": Shape("CSV by LibreOffice, all text quoted", csv_file(quoting=2)),
    "tsv": Shape("TSV by pandas", csv_file("iris.tsv", sep="\t")),
    "bars": Shape("columns separated by bars", csv_file(sep="|")),
    "gz": Shape("CSV by pandas, compressed with gzip", csv_file("iris.csv.gz")),
    "r_table": Shape(
        "R's write.table: quoted text, row numbers without a name",
        raw(
            "iris.txt",
            lambda: (
                " ".join(f'"{name}"' for name in (*NAMES, "Species"))
                + "\n"
                + "".join(
                    f'"{n}" {" ".join(map(str, row[:4]))} "{row[4]}"\n'
                    for n, row in enumerate(iris().to_numpy().tolist(), 1)
                )
            ),
        ),
        "holds row numbers: left out",
    ),
    "r_csv": Shape(
        "R's write.csv: row numbers under an empty name",
        csv_file(frame=lambda: iris().set_index(np.arange(1, 151)), index=True, quoting=2),
        "holds row numbers: left out",
    ),
    "savetxt": Shape("numpy.savetxt: white space, no header", savetxt("iris.txt"), classes=NUMBERS),
    "savetxt_header": Shape(
        "numpy.savetxt with a header, which starts with #",
        savetxt("iris.csv", ",", header=",".join((*NAMES, "label"))),
        classes=NUMBERS,
    ),
    "comments": Shape(
        "lines of comments that begin with #",
        raw("iris.csv", lambda: "# measured in 1936\n# by hand\n" + text_of(iris())),
    ),
    "preamble": Shape(
        "an instrument's lines above the table",
        raw("iris.csv", lambda: "Device: X200\nSerial: 17\n\n" + text_of(iris())),
        "delete lines that are not data, or start them with #",
        read=False,
    ),
    "times": Shape(
        "a logger's CSV with a time in front",
        csv_file(frame=lambda: with_rows(timestamp=times)),
        "column 'timestamp' holds times: left out",
    ),
    "restarts": Shape(
        "a logger's CSV with its header again after a restart, or files put together by cat",
        raw("iris.csv", lambda: text_of(iris()[:70]) + text_of(iris()[70:])),
        "1 line repeats the header: left out",
    ),
    "ticks": Shape(
        "milliseconds since 1970 in a column ts",
        csv_file(frame=lambda: with_rows(ts=lambda count: 1_700_000_000_000 + 20 * np.arange(count))),
        "column 'ts' holds increasing times: left out",
    ),
    "total": Shape(
        "a line of totals at the end",
        raw("iris.csv", lambda: text_of(iris()) + "Total,876.5,458.6,563.7,\n"),
        "'Total' is not a number: correct it or delete the line",
        read=False,
    ),
    "millis": Shape(
        "an Arduino's CSV with milliseconds in front",
        csv_file(frame=lambda: with_rows(time_ms=lambda count: np.arange(count) * 20 + 1037)),
        "column 'time_ms' holds increasing times: left out",
    ),
    "booleans": Shape(
        "a column of True and False by pandas",
        csv_file(frame=lambda: with_rows(wet=lambda count: np.arange(count) % 2 == 0)),
        features=5,
    ),
    "dummies": Shape("a label that pandas.get_dummies made one-hot", csv_file(frame=one_hot_columns)),
    "gaps": Shape(
        "empty cells",
        csv_file(frame=with_gaps),
        "2 of 150 samples have missing values",
        read=False,
        samples=148,
        reading={"missing": "drop"},
    ),
    "question_marks": Shape(
        "UCI's ? for missing values",
        csv_file(frame=with_gaps, na_rep="?"),
        "type --missing drop to leave them out, or --missing mean",
        read=False,
        reading={"missing": "mean"},
    ),
    "errors": Shape(
        "Excel's errors: #N/A at the beginning of a line, #DIV/0!",
        raw("iris.csv", lambda: text_of(with_gaps(), na_rep="#N/A").replace("#N/A", "#DIV/0!", 1)),
        "2 of 150 samples have missing values",
        read=False,
        samples=148,
        reading={"missing": "drop"},
    ),
    "glitch": Shape("one value of 65535 among small ones", csv_file(frame=glitch)),
    "constant": Shape("a column that never changes", csv_file(frame=constant), "'lot' never changes", features=5),
    "texts": Shape(
        "seaborn's penguins: several columns of text",
        csv_file(frame=penguins),
        "type --drop island, or replace the text by numbers",
        read=False,
        reading={"drop": "island"},
    ),
    "several_texts": Shape(
        "several columns of text under names that say nothing",
        csv_file(frame=lambda: penguins().rename(columns={"species": "a", "island": "b"})),
        "choose the label and drop the others, for example --label a --drop b",
        read=False,
        reading={"label": "a", "drop": "b"},
    ),
    "alike": Shape(
        "names of classes that differ only in case",
        csv_file(frame=lambda: iris().replace({"species": {"setosa": "Versicolor"}})),
        "differ only in case or spaces: if they are one class, give them the same spelling",
        classes=("Versicolor", "versicolor", "virginica"),
    ),
    "identifiers": Shape(
        "a column of whole numbers, nearly all different",
        csv_file(frame=lambda: iris().assign(label=np.arange(150) * 7 + 11).drop(columns="species")),
        "150 different labels for 150 samples are too many to be classes: type --label COLUMN to use another column",
        read=False,
    ),
    "regression": Shape(
        "a last column of measurements, no classes",
        csv_file(frame=lambda: iris().drop(columns="species")),
        "is not a whole number: type --label COLUMN to use another column",
        read=False,
    ),
    # NumPy
    "npy": Shape(
        "numpy.save of a table, the label last",
        lambda d: saved(d / "a.npy", iris(numbers=True).to_numpy()),
        classes=NUMBERS,
    ),
    "npy_records": Shape("numpy.save of DataFrame.to_records", records, classes=NUMBERS),
    "npz": Shape("numpy.savez(x=..., y=...)", sklearn_bunch("load_iris", x="data", y="target"), classes=NUMBERS),
    "npz_positional": Shape("numpy.savez(X, y)", savez_positional, classes=NUMBERS),
    "sklearn_bunch": Shape("numpy.savez(**load_iris()) of scikit-learn", sklearn_bunch("load_iris")),
    "sklearn_digits": Shape(
        "scikit-learn's digits with images (n, 8, 8)",
        sklearn_bunch("load_digits", images="images", target="target"),
        samples=1797,
        features=64,
        classes=NUMBERS,
    ),
    "keras": Shape(
        "Keras' mnist.npz: x_train, y_train, x_test, y_test",
        npz(
            x_train=lambda: pictures()[0],
            y_train=lambda: pictures()[1],
            x_test=lambda: pictures(20)[0],
            y_test=lambda: pictures(20)[1],
        ),
        samples=80,
        features=784,
        classes=NUMBERS,
    ),
    "medmnist": Shape(
        "MedMNIST's: train_images, labels (n, 1), a validation set",
        npz(
            train_images=lambda: pictures()[0],
            train_labels=lambda: pictures()[1][:, None],
            val_images=lambda: pictures(20)[0],
            val_labels=lambda: pictures(20)[1][:, None],
            test_images=lambda: pictures(20)[0],
            test_labels=lambda: pictures(20)[1][:, None],
        ),
        "val_images, val_labels: left out",
        samples=80,
        features=784,
        classes=NUMBERS,
    ),
    "one_hot": Shape(
        "one-hot labels, as Keras' to_categorical makes them",
        npz(x=lambda: pictures()[0], y=lambda: np.eye(3, dtype=np.float32)[pictures()[1]]),
        samples=60,
        features=784,
        classes=NUMBERS,
    ),
    "text_labels": Shape(
        "labels as an array of text",
        npz(X=lambda: datasets.load("iris").features, y=lambda: np.array(SPECIES)[datasets.load("iris").labels]),
    ),
    "pickle": Shape(
        "labels as Python objects",
        npz(x=lambda: pictures()[0], y=lambda: np.array(["a", "b", "c"] * 20, dtype=object)),
        "holds Python objects (a pickle), which could run any program",
        read=False,
    ),
    # Parquet
    "parquet": Shape("Parquet by pandas", parquet(iris)),
    "parquet_index": Shape(
        "Parquet by pandas of a filtered frame: __index_level_0__",
        parquet(lambda: iris()[lambda frame: frame.index % 3 > 0]),
        "column '__index_level_0__' holds row numbers: left out",
        samples=100,
    ),
    "parquet_times": Shape(
        "Parquet with a column of times",
        parquet(lambda: with_rows(when=times)),
        "column 'when' holds times: left out",
    ),
    "parquet_category": Shape(
        "Parquet with the label a pandas category", parquet(lambda: iris().astype({"species": "category"}))
    ),
    "hugging_face": Shape("Hugging Face's Parquet of pictures and a ClassLabel", hugging_face, **TINY),
    "parquet_lists": Shape("Parquet with a list of numbers in each row", lists),
    # Pictures and sounds
    "png": Shape("a folder of PNG by class, by Pillow", picture_folder(), **TINY),
    "jpeg": Shape("a folder of JPEG", picture_folder("jpg"), **TINY),
    "palette": Shape("PNG with a palette", picture_folder(mode="P"), **TINY),
    "bmp": Shape("a folder of BMP", picture_folder("bmp"), **TINY),
    "sixteen_bits": Shape(
        "PNG of 16 bits", picture_folder(change=lambda made, n: image(np.asarray(made, np.uint16) << 8)), **TINY
    ),
    "transparent": Shape(
        "PNG of black ink on a transparent background",
        picture_folder(change=black_ink),
        "partly transparent, laid over white",
        **TINY,
    ),
    "photographs": Shape(
        "photographs, too large for a network",
        picture_folder("jpg", side=120),
        "type --size 16x16 (or 16x16x3 in colours) to shrink it",
        read=False,
        samples=60,
        features=768,
        reading={"size": "16x16x3"},
    ),
    "sizes": Shape(
        "pictures of several sizes",
        picture_folder(change=lambda made, n: made.resize((8 + n % 3, 8))),
        "type --size 16x16 to shrink all to one size",
        read=False,
        samples=60,
        features=256,
        reading={"size": "16x16"},
    ),
    "train_test": Shape("folders train and test", picture_folder(parts=("train", "test")), samples=120, features=64),
    "unpacked": Shape(
        "an archive that was unpacked into a folder of its own", picture_folder(wrap="archive-main"), **TINY
    ),
    "stray": Shape(
        "a README among the classes",
        lambda d: stray(picture_folder()(d)),
        "left out, neither picture nor sound",
        **TINY,
    ),
    "table_of_pictures": Shape("a CSV of file names and labels", table_of_pictures, **TINY),
    "tables": Shape(
        "a folder with train.csv and test.csv",
        lambda d: str(Path(csv_file("train.csv")(d)).parent),
        "type one of them, for example --data",
        read=False,
    ),
    "flat": Shape(
        "a folder of pictures without folders by class",
        lambda d: str(Path(picture_folder()(d)) / "setosa"),
        "put the files of each class into a folder of its own",
        read=False,
    ),
    "wav": Shape("a folder of WAV by class, by soundfile", sound_folder(), samples=30, features=256),
    "wav_float": Shape(
        "WAV of floats, stereo, 44.1 kHz",
        sound_folder(rate=44100, subtype="FLOAT", channels=2),
        samples=30,
        features=256,
    ),
    "flac": Shape("a folder of FLAC", sound_folder("flac"), samples=30, features=256),
    "silent": Shape("a silent WAV", spoilt_sounds(silence), "silent, learnt as silence", samples=30, features=256),
    "cut": Shape(
        "a truncated WAV",
        spoilt_sounds(lambda path: path.write_bytes(path.read_bytes()[:9000])),
        "ends before the sound that its header announces",
        samples=30,
        features=256,
    ),
    # IDX
    "idx": Shape("MNIST's four files", idx(), **MNIST),
    "idx_gz": Shape("the same, gzipped", idx(lambda name: name + ".gz", packed=True), **MNIST),
    "idx_dots": Shape(
        "the same with dots in the names, as some unpackers write them",
        idx(lambda name: name.replace("-idx", ".idx")),
        **MNIST,
    ),
    "idx_kaggle": Shape("Kaggle's: each in a folder of its name", idx(lambda name: f"{name}/{name}"), **MNIST),
    "idx_torch": Shape("torchvision's: files in the subfolder MNIST/raw", idx(folder_name="MNIST/raw"), **MNIST),
    "idx_emnist": Shape(
        "EMNIST's letters: a prefix, labels from 1",
        idx(lambda name: "emnist-letters-" + name.replace("t10k", "test") + ".gz", packed=True, first=1),
        samples=80,
        features=64,
        classes=("1", "2", "3"),
    ),
    "idx_bare": Shape("the folder without mnist: in front", idx(bare=True), **MNIST),
    "idx_file": Shape(
        "one of the four files alone",
        lambda d: str(next(Path(idx(bare=True)(d)).glob("train-images*"))),
        "is one of four files: type --data mnist:",
        read=False,
    ),
    # What is not read
    "excel_book": Shape(
        "an Excel workbook", raw("iris.xlsx", b"PK\3\4"), "save the sheet as CSV in Excel or LibreOffice", read=False
    ),
    "html": Shape(
        "a table as HTML that was named .csv",
        raw("iris.csv", lambda: iris().to_html()),
        "expected a text table, got HTML: save the table as CSV",
        read=False,
    ),
    "json_as_csv": Shape(
        "JSON that was named .csv",
        raw("iris.csv", lambda: iris().to_json(orient="records")),
        "expected a text table, got JSON: save the table as CSV",
        read=False,
    ),
    "to_string": Shape(
        "a frame as pandas prints it, names with spaces",
        raw("iris.txt", lambda: iris(names=("sepal length", "sepal width", "petal length", "petal width")).to_string()),
        "names must not contain spaces",
        read=False,
    ),
    "sqlite": Shape(
        "a database of SQLite",
        raw("iris.db", b"SQLite format 3\0"),
        "write a table of it as CSV",
        read=False,
    ),
    "sparse": Shape(
        "scipy.sparse.save_npz",
        sparse,
        "is a sparse matrix without labels: convert it with numpy.savez",
        read=False,
    ),
    "json": Shape(
        "JSON by pandas", raw("iris.json", lambda: iris().to_json()), "write it as CSV: python -c", read=False
    ),
    "pickle_frame": Shape("a pickle", raw("iris.pkl", b"\x80\4"), "save the table with to_csv", read=False),
    "zip": Shape("a ZIP archive", raw("iris.zip", b"PK\3\4"), "unpack it first", read=False),
    "renamed": Shape(
        "an Excel workbook that was named .csv", raw("iris.csv", b"PK\3\4\0\0"), "save the sheet as CSV", read=False
    ),
    "svmlight": Shape(
        "LIBSVM's format",
        raw("iris.svm", "1 1:0.5 3:2\n"),
        "write it as .npz: python -c",
        read=False,
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of scikit-learn and pandas themselves
@pytest.mark.parametrize("name", SHAPES)
def test_a_file_as_people_have_it(tmp_path, name):
    """It is read as what it is, with what was left out said, or refused in a line that says what to type."""
    shape = SHAPES[name]
    source = shape.make(tmp_path)
    if not shape.read:
        with pytest.raises(DataError) as caught:
            datasets.load(source)
        said = str(caught.value)
        assert shape.says in said and "\n" not in said, said
        assert said.startswith(source) or "/data/" in said, said
        if shape.reading is None:
            return
    dataset = datasets.load(source, datasets.Reading(**(shape.reading or {})))
    assert dataset.features.shape == (shape.samples, shape.features), dataset.notes
    assert dataset.class_names == shape.classes and dataset.classes == (
        len(shape.classes) or 10 * (name == "sklearn_digits") or 3
    )
    if shape.read:
        said = "\n".join(dataset.notes)
        assert (shape.says in said) if shape.says else not said, said
    if "sepal_width" in dataset.feature_names:
        assert set(NAMES) <= set(dataset.feature_names)  # the first without a byte order mark
    assert learns(dataset, name)


def learns(dataset, name):
    """Return whether features and labels still belong together: a nearest mean tells the classes apart."""
    x = dataset.features.astype(np.float64)
    x = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    x = (x - np.median(x, axis=0)) / np.maximum(np.percentile(x, 90, axis=0) - np.percentile(x, 10, axis=0), 1e-9)
    x = np.clip(x, -3, 3)
    means = np.array([x[dataset.labels == n].mean(axis=0) for n in range(dataset.classes)])
    found = np.argmin(((x[:, None] - means[None]) ** 2).sum(axis=2), axis=1)
    return np.mean(found == dataset.labels) > 0.6


def table():
    """Return the table of all shapes, in Markdown."""
    return "\n".join(["| file | result |", "|---|---|", *(shape.row for shape in SHAPES.values())]) + "\n"


def test_the_page_lists_every_shape():
    """docs/how-to/data.md has the table that the tests are of: `make generated` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"{BEGIN}\n{table()}{END}" in page
    assert len(SHAPES) >= 60


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table()}{END}", text, flags=re.DOTALL), encoding="utf-8"
    )
    sys.exit()
