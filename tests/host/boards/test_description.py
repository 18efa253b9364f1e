"""What a data set says of itself - sizes, names, scale - is found, said, and travels with the network."""

import csv
import json
import re
import shutil
from array import array
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import eqprop
from eqprop_host import Model, datasets
from eqprop_host.boards import description
from eqprop_host.boards.ports import open_board
from eqprop_host.errors import DataError
from eqprop_host.runlog import open_log
from eqprop_host.training import scores
from eqprop_host.transfer import read_network
from support.places import ROOT
from support.typed_command import run

pytestmark = pytest.mark.slow

CLASSES = ["owner", "renter", "student"]
FEATURES = ["age", "income", "height"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with people.csv: a header, numbers of different size, and classes that have names."""
    random = np.random.default_rng(0)
    kind = random.integers(0, 3, 240)
    people = {
        "age": (22 + 12 * kind + random.normal(0, 3, 240)).round(1),
        "income": (20000 + 15000 * kind + random.normal(0, 5000, 240)).round(),
        "height": random.normal(172, 9, 240).round(1),
        "kind": np.array(["student", "renter", "owner"])[kind],
    }
    pandas.DataFrame(people).to_csv(tmp_path / "people.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def trained(folder, capsys):
    """The same folder after one short run of which everything was written; (standard output, standard error)."""
    written = ["--log=run.arrow", "--save=net.npz", "--json=run.json", "--picture=run.png"]
    code, out, err = run(capsys, "train", "--data", "people.csv", "--epochs=3", *written)
    assert code == 0, err
    return out, err


def test_a_table_alone_is_enough(trained):
    """Sizes, names, split and scale in three lines; accuracy, recall and confusion at the end, in 80 columns."""
    out, err = trained
    lines = err.splitlines()
    assert lines[:3] == [
        "eqprop: people.csv: 240 samples of 3 features, 3 classes (owner, renter, ...)",
        "eqprop: 192 to train, 48 to test (20 % of each class); each scaled to -127..127",
        "eqprop: network 3-32-3: 227 conductances, 3 epochs, seed 0",
    ]
    assert all(len(line) <= 80 for line in lines if not line.startswith("epoch"))
    head, *rows = lines[-4:]
    assert head.split() == ["class", "recall", "samples", *CLASSES] and re.match(r"accuracy \d", lines[-5])
    results = json.loads(Path("run.json").read_text())
    assert (results["model"], results["layers"]) == ("hopfield", "3-32-3") and results["class_names"] == CLASSES
    assert results["accuracy_percent"] == pytest.approx(100 - results["test_error_percent"])
    for row, name, counts in zip(rows, CLASSES, results["confusion"], strict=True):
        cells = row.split()
        assert cells[0] == name and [int(cell.replace(".", "0")) for cell in cells[4:]] == counts
        assert float(cells[1]) == pytest.approx(results["recall_percent"][name], abs=0.05)
    assert out == f"test error {results['test_error_percent']:.2f} %, conductance CRC {results['conductance_crc']}\n"


@pytest.mark.usefixtures("trained")
def test_every_output_names_the_classes(capsys):
    saved, log = Model.load("net.npz"), open_log("run.arrow")
    for each in (saved, log):
        assert (each.feature_names, each.class_names) == (tuple(FEATURES), tuple(CLASSES))
    for argv in (["evaluate", "net.npz"], ["monitor", "run.arrow", "--once"], ["log", "info", "run.arrow"]):
        code, out, err = run(capsys, *argv)
        assert code == 0 and all(name in out + err for name in CLASSES), argv
    assert run(capsys, "report", "run.arrow")[0] == 0
    assert json.dumps(CLASSES) in Path("run.html").read_text()
    code, out, err = run(capsys, "infer", "net.npz", "people.csv")
    head, *rows = csv.reader(out.splitlines())
    assert code == 0 and head == ["class", "confidence_percent", *(f"output_{name}" for name in CLASSES)]
    assert {row[0] for row in rows} == set(CLASSES) and len(rows) == 240


@pytest.mark.usefixtures("trained")
def test_other_orders_are_mended_and_what_is_missing_is_refused(capsys):
    people = pandas.read_csv("people.csv")
    people[["kind", *reversed(FEATURES)]].to_csv("turned.csv", index=False)
    people.drop(columns="income").to_csv("poorer.csv", index=False)
    people.replace({"owner": "zoologist"}).to_csv("strange.csv", index=False)
    results = json.loads(Path("run.json").read_text())
    code, out, err = run(capsys, "evaluate", "net.npz", "--data=turned.csv")
    assert code == 0 and out == f"test error {results['test_error_percent']:.2f} % of 48 samples\n"
    assert "features reordered to match the network" in err and "testing the 48 that were held back" in err
    answers = [run(capsys, "infer", "net.npz", name)[1] for name in ("people.csv", "turned.csv")]
    assert answers[0] == answers[1] != ""
    for name, words in (("poorer.csv", "'income'"), ("strange.csv", "'zoologist'")):
        code, out, err = run(capsys, "evaluate", "net.npz", f"--data={name}")
        assert code == 1 and out == "" and words in err and err.count("\n") == 1
    code, out, err = run(capsys, "infer", "net.npz", "poorer.csv")
    assert code == 1 and out == "" and "income" in err and err.count("\n") == 1


@pytest.mark.usefixtures("trained", "unix_micropython")
def test_names_and_scale_go_to_a_board_and_come_back(folder, capsys, monkeypatch):
    """Catches what is lost on the way: another folder, without the data, gets the same network from the board."""
    (folder / "flash").mkdir()
    port = f"--port=sim:micropython?flash={folder}/flash"
    assert run(capsys, "push", "net.npz", port)[0] == 0
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    code, _, err = run(capsys, "pull", "back.npz", port)
    assert code == 0 and err == ""
    sent, back = Model.load("../net.npz"), Model.load("back.npz")
    for name in ("scaling", "feature_names", "class_names", "classes", "crc", "seed", "sample"):
        assert getattr(back, name) == getattr(sent, name), name
    code, out, err = run(capsys, "evaluate", "back.npz")
    assert code == 1 and err.endswith("does not say what it was trained on: add --data with a data set\n")
    code, out, err = run(capsys, "evaluate", "back.npz", "--data=../people.csv")
    assert code == 0 and out.endswith("of 48 samples\n")


@pytest.mark.usefixtures("trained", "unix_micropython")
def test_a_program_on_the_board_scales_as_the_host_does(folder, capsys):
    """As docs/how-to/program.md shows it: raw readings, the notes that came with the network, the same answers."""
    (folder / "flash").mkdir()
    assert run(capsys, "push", "net.npz", f"--port=sim:micropython?flash={folder}/flash")[0] == 0
    network = eqprop.load("3-32-3", folder=f"{folder}/flash")
    about = json.loads(network.user_data)
    answers = []
    for reading in pandas.read_csv("people.csv")[FEATURES].to_numpy()[:40]:
        x = array("b", 3 * [0])
        for i in range(3):
            offset, span = about["offset"][i], about["span"][i]
            x[i] = max(-127, min(127, round((reading[i] - offset) / span * 127)))
        answers.append(about["classes"][network.infer(x)])
    out = run(capsys, "infer", "net.npz", "people.csv")[1]
    assert answers == [line.partition(",")[0] for line in out.splitlines()[1:41]]


@pytest.mark.usefixtures("unix_micropython")
def test_training_keeps_the_description_on_the_board(folder, capsys):
    (folder / "flash").mkdir()
    port = f"sim:micropython?flash={folder}/flash"
    assert run(capsys, "train", "--data=people.csv", "--limit=50", f"--port={port}")[0] == 0
    with open_board(port) as board:
        noted = json.loads(board.read_user_data())
    assert noted["classes"] == CLASSES and noted["features_named"] == FEATURES and len(noted["offset"]) == 3


@pytest.mark.usefixtures("unix_micropython")
def test_a_network_without_a_scale_is_pulled_with_a_warning(folder, capsys):
    (folder / "flash").mkdir()
    port = f"sim:micropython?flash={folder}/flash"
    with open_board(port) as board:
        board.configure((3, 4, 3), seed=1, lr_halving_samples=0)
        board.save()
    code, _, err = run(capsys, "pull", "bare.npz", f"--port={port}")
    assert code == 0 and err.count("\n") == 1
    assert err.startswith("eqprop: warning: the board does not say how its inputs are scaled")


@pytest.mark.parametrize("model", ["resistive", "hopfield8"])
def test_a_network_is_pulled_with_its_energy_model(model, tmp_path):
    """Caught: it was saved as a hopfield network, which its conductances do not fit."""
    with open_board("sim:") as board:
        board.configure((3, 4, 3), seed=1, lr_halving_samples=0, model=model)
        pulled, state = read_network(board, lambda line: None)
    pulled.save(tmp_path / "back.npz")
    back = Model.load(tmp_path / "back.npz")
    assert (back.model, back.crc) == (model, state.crc)


@pytest.mark.usefixtures("unix_micropython")
def test_class_names_travel_where_the_scale_does_not(capsys, folder):
    """Caught: nothing at all was kept on the board, and a pulled network knew its classes by numbers alone."""
    values = np.random.default_rng(0).uniform(1, 9, (30, 600)) * np.logspace(-9, 9, 600)
    np.savez("wide.npz", x=values, y=np.array(CLASSES)[np.arange(30) % 3])
    (folder / "flash").mkdir()
    port = f"--port=sim:micropython?flash={folder}/flash"
    code, _, err = run(capsys, "train", "--data=wide.npz", "--limit=2", "--hidden=4", port, "--save=net.npz")
    assert code == 0 and "eqprop: the board's user data have no room for the scale\n" in err
    assert run(capsys, "push", "net.npz", port)[0] == 0
    code, _, err = run(capsys, "pull", "back.npz", port)
    assert code == 0 and err.startswith("eqprop: warning: the board does not say how its inputs are scaled")
    assert Model.load("back.npz").class_names == tuple(CLASSES)


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("size", ["16x16", "16x16x3"])
def test_networks_of_photographs_come_back_from_a_board_whole(capsys, folder, size):
    """Their scale takes kilobytes as text. Caught: neither scale nor class names came back, in no output."""
    random = np.random.default_rng(5)
    for kind, colour in (("bean", (90, 160, 60)), ("mug", (200, 190, 180)), ("spoon", (120, 120, 140))):
        (folder / "photos" / kind).mkdir(parents=True)
        for n in range(12):
            photo = np.clip(np.array(colour) + random.normal(0, 40, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(photo).save(folder / "photos" / kind / f"{n}.jpg", quality=95)
    (folder / "flash").mkdir()
    port = f"--port=sim:micropython?flash={folder}/flash"
    train = ["train", "--data=photos", f"--size={size}", "--hidden=8", "--epochs=2"]
    assert run(capsys, *train, "--save=net.npz")[0] == 0
    code, _, err = run(capsys, "push", "net.npz", port)
    assert (code, err) == (0, "")
    code, _, err = run(capsys, "pull", "back.npz", port)
    assert (code, err) == (0, "")
    sent, back = Model.load("net.npz"), Model.load("back.npz")
    for name in ("scaling", "recipe", "class_names", "classes", "confidence", "crc"):
        assert getattr(back, name) == getattr(sent, name), name
    for argv in (["evaluate", "--data=photos"], ["infer", "photos/mug/3.jpg"]):
        answers = [run(capsys, argv[0], name, *argv[1:], f"--size={size}", port) for name in ("net.npz", "back.npz")]
        assert answers[0][:2] == answers[1][:2] and answers[0][0] == 0
        assert all(name in answers[1][1] + answers[1][2] for name in ("bean", "mug", "spoon"))


@pytest.mark.usefixtures("trained")
def test_samples_of_another_kind_are_refused_in_words(folder, capsys):
    """Caught: evaluate printed the recipes as Python writes dictionaries."""
    for kind in CLASSES:
        (folder / "pictures" / kind).mkdir(parents=True)
        Image.new("L", (3, 1), len(kind)).save(folder / "pictures" / kind / "1.png")
    code, out, err = run(capsys, "evaluate", "net.npz", "--data=pictures")
    learnt = "a sample is a picture of 3x1 pixels, but the network learnt from a table of numbers"
    assert (code, out, err) == (1, "", f"eqprop: pictures: {learnt}\n")


@pytest.mark.usefixtures("trained")
def test_data_are_found_from_another_folder_or_asked_for(folder, capsys, monkeypatch):
    """Caught: `log replay --save` and saved networks whose data have the path that was typed elsewhere."""
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    assert run(capsys, "log", "replay", "../run.arrow", "--save=net.npz")[0] == 0
    expected = run(capsys, "evaluate", "../net.npz")[1]
    assert expected and run(capsys, "evaluate", "net.npz")[1] == expected
    shutil.move("../people.csv", "../moved.csv")
    code, out, err = run(capsys, "evaluate", "net.npz")
    assert code == 1 and out == "" and "people.csv" in err and err.count("\n") == 1
    code, out, err = run(capsys, "evaluate", "net.npz", "--data=../moved.csv")
    assert code == 0 and out == expected


@pytest.mark.usefixtures("trained")
def test_a_run_is_resumed_from_another_folder(folder, capsys, monkeypatch):
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    code, out, err = run(capsys, "train", "--resume=../run.arrow", "--save=again.npz")
    assert code == 0 and Model.load("again.npz").crc == Model.load("../net.npz").crc, err
    (folder / "people.csv").rename(folder / "moved.csv")
    code, _, err = run(capsys, "train", "--resume=../run.arrow")
    assert code == 1 and "its data set is neither at people.csv nor at " in err and err.count("\n") == 1


def test_a_share_or_another_file_is_tested(folder, capsys):
    people = pandas.read_csv("people.csv")
    people[:100].to_csv("a.csv", index=False)
    people[100:][["kind", *reversed(FEATURES)]].to_csv("b.csv", index=False)
    code, out, err = run(capsys, "train", "--data=a.csv", "--test=b.csv", "--epochs=1", "--save=n.npz", "--json=r.json")
    assert code == 0 and "100 to train, 140 to test (of b.csv)" in err and "a.csv: 100 samples" in err
    error = out.partition(",")[0]
    for argv in (["n.npz"], ["n.npz", "--data=a.csv"], ["n.npz", "--data=b.csv"]):
        code, out, err = run(capsys, "evaluate", *argv)
        assert code == 0 and out == f"{error} of 140 samples\n", err
    code, out, err = run(capsys, "simulate", "--data=a.csv", "--test-fraction=0.4", "--epochs=1", "--save=m.npz")
    assert code == 0 and "60 to train, 40 to test (40 % of each class)" in err
    assert run(capsys, "evaluate", "m.npz")[1].endswith(" of 40 samples\n")
    code, _, err = run(capsys, "train", "--data=a.csv", "--test=b.csv", "--test-fraction=0.4")
    assert code == 1 and err == "eqprop: test_fraction 0.4: test names the samples to test\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "layers"),
    [([], "3-32-3"), (["--hidden=6"], "3-6-3"), (["--hidden=6-5"], "3-6-5-3"), (["--layers=3-4-5"], "3-4-5")],
)
def test_layers_are_what_the_data_need(capsys, options, layers):
    code, _, err = run(capsys, "simulate", "--data=people.csv", "--limit=5", "--json=r.json", *options)
    assert code == 0 and f"network {layers}: " in err and json.loads(Path("r.json").read_text())["layers"] == layers


names = st.lists(st.text(max_size=40), max_size=300, unique=True).map(tuple)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("each", [1.0, 1 / 255])
def test_the_pages_program_scales_by_the_short_form(each):
    """A program of docs/how-to/program.md, for 300 features, some constant. Caught: a division by their span."""
    random = np.random.default_rng(4)
    low = random.integers(0, 60, 300) * each
    width = random.integers(70, 190, 300) * each * (np.arange(300) % 7 > 0)
    scaling = {"features": 300, "offset": (low + width / 2).tolist(), "span": (width / 2).tolist()}
    about = json.loads(description.pack(scaling, {}, (), ("a", "b"))[0])
    assert "ends" in about
    page = (ROOT / "docs/how-to/program.md").read_text()
    program = re.search(r"about = json.*?\n(if.*?)print", page, re.DOTALL)[1].replace("4 * [0]", "300 * [0]")
    reading = random.uniform(0, 255 * each, 300)
    names = {"about": about, "array": array, "reading": reading.tolist()}
    exec(program.replace("range(4)", "range(300)"), names)
    host = datasets.Scaling.from_dict(scaling).quantise(reading[None])[0].astype(int)
    assert np.abs(np.array(names["x"]) - host).max() <= (0 if each == 1 else 2) and len(set(names["x"])) > 50


def test_the_scale_of_sounds_fits():
    """256 levels in dB, some of which hardly change. Caught: letters of two bytes alone, too few steps for these."""
    random = np.random.default_rng(2)
    low, width = random.uniform(-70, -20, 256), random.uniform(0.5, 40, 256)
    scaling = {"features": 256, "offset": (low + width / 2).tolist(), "span": (width / 2).tolist()}
    recipe = {"loudness_steps": 16, "loudness_bands": 16, "frame_s": 0.032, "hop_s": 0.016, "low_hz": 50.0}
    notes, left_out = description.pack(scaling, recipe, (), ("yes", "no", "stop"))
    assert left_out == "all digits of the scale"
    assert description.unpack(notes)["scaling"]["span"] == pytest.approx(scaling["span"], abs=2e-3)


scales = st.one_of(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=300),
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=300),
    st.lists(st.tuples(st.floats(-9, 9), st.floats(1, 9)), min_size=150, max_size=400),
)


@given(scales, st.booleans(), names, names, st.sampled_from([256, 512, 2048]))
def test_a_description_fits_and_says_what_it_left_out(ends, alike, feature_names, class_names, most):
    """Catches a scale that is cut or too coarse, and names that are left out without a word."""
    features = len(ends)
    low, high = np.sort(np.array(ends[:1] if alike else ends, np.float64), axis=1).T
    scaling = {"features": features, "offset": (low / 2 + high / 2).tolist(), "span": (high / 2 - low / 2).tolist()}
    notes, left_out = description.pack(scaling, {}, feature_names, class_names, most)
    assert len(notes) <= most
    found = description.unpack(notes)
    scale = datasets.Scaling.from_dict(scaling)
    if "the scale" in left_out.split(", "):
        assert found["scaling"] is None and (len(json.dumps(class_names)) > most // 4 or "class names" not in left_out)
    elif "digits" in left_out:
        asked = np.array([low, low / 2 + high / 2, high])
        inputs = [each.quantise(asked).astype(int) for each in (scale, datasets.Scaling.from_dict(found["scaling"]))]
        assert np.abs(inputs[0] - inputs[1]).max() <= 2
    else:
        quantised = datasets.Scaling.from_dict(found["scaling"])
        assert np.array_equal(*(np.broadcast_to(each.offset, features) for each in (scale, quantised)))
        assert np.array_equal(*(np.broadcast_to(each.span, features) for each in (scale, quantised)))
    for key, kept, word in (
        ("features_named", feature_names, "feature names"),
        ("classes", class_names, "class names"),
    ):
        assert found[key] == (() if word in left_out else kept)
        assert (found[f"{key}_crc"] == description.names_crc(kept)) == (word in left_out)


@pytest.mark.parametrize("notes", [b"", b"my own notes", b'{"other": 1}', bytes(range(256))])
def test_user_data_of_other_programs_are_none_of_ours(notes):
    assert description.unpack(notes) is None


@pytest.mark.parametrize(
    "notes",
    [b'{"eqprop":1', b'{"eqprop":[]}', b'{"eqprop":9,"features":1}', b'{"eqprop":1,"classes":[3]}', b'{"eqprop":\xff'],
)
def test_damaged_user_data_are_said_in_one_line(notes):
    with pytest.raises(DataError) as caught:
        description.unpack(notes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("classes", [2, 3, 10, 26, 300])
@pytest.mark.parametrize("length", [1, 7, 60])
def test_scores_fit_eighty_columns(classes, length):
    """Whatever names classes have: long, wide, alike in what is shown of them."""
    counts = np.random.default_rng(classes).integers(0, 2000, (classes, classes))
    for letter in ("a", "猫"):
        labels = [letter * length + str(k) for k in range(classes)]
        lines = scores.table(counts, labels, 80)
        assert all(len(line.encode("utf-16-le")) // 2 <= 80 for line in lines)
        assert len(lines) <= 43 and lines[0].startswith("accuracy ")
    assert scores.summary(counts, labels)["recall_percent"][labels[0]] == pytest.approx(
        100 * counts[0, 0] / counts[0].sum()
    )
