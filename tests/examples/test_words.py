"""The words' example: how right it is on voices it never heard, its program on every board, and what may go wrong."""

import re
import shutil
import sys

import numpy as np
import pytest

from eqprop_host.errors import DataError
from support.example import simulate
from support.places import ROOT
from support.surroundings import IN_CI

sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "examples" / "words")]

import recordings  # noqa: E402
import study as words_study  # noqa: E402
import tape  # noqa: E402

pytestmark = pytest.mark.slow

DECIDED = "-- decided within "
README = (ROOT / "examples" / "words" / "README.md").read_text()


@pytest.fixture(scope="module", autouse=True)
def espeak():
    """Speech; without it a test fails in CI and is skipped elsewhere."""
    if not shutil.which("espeak-ng"):
        reason = "needs espeak-ng: install the package espeak-ng (apt, brew)"
        if IN_CI:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def heard(printed):
    """Return the (said, heard) words of a run, of what was not taught."""
    return re.findall(r"-- \S+ says (\S+)\nheard (\S+)", printed)


@pytest.mark.filterwarnings("ignore")  # scikit-learn's and threadpoolctl's own
def test_words_of_voices_that_it_never_heard():
    """The study's short form: two recordings of a word and voice, in place of five.

    Catches an ear that misses words, a network that forgets earlier voices: without going over old words again, it is
    right in 80 %.
    """
    spoken = recordings.speak(0, times=2)
    x, labels, voices, missed = recordings.features(spoken, np.random.default_rng(0))
    assert missed <= len(spoken) // 100
    taught = [words_study.Taught(x, labels, voices, seed) for seed in range(4)]
    for each in taught:
        assert not set(voices[each.train]) & set(voices[each.test])
        assert np.count_nonzero(each.test) >= 200
    assert np.mean([each.right_percent[-1] for each in taught]) >= 92


@pytest.fixture(scope="module")
def short_tape(tmp_path_factory):
    """A folder with what one voice teaches, and another says."""
    folder = tmp_path_factory.mktemp("tape")
    assert tape.main([str(folder), "--voices", "1", "--asked", "1", "--times", "1", "--seed", "3"]) == 0
    return folder


def played(tape_folder, port, folder):
    """Return what a board prints, with the tape in a flash of its own."""
    shutil.copytree(tape_folder, folder)
    return simulate("words", port, flash=folder)


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
def test_the_program_does_the_same_on_every_board(short_tape, tmp_path):
    """In 96 KB of an emulated board's heap. Catches features or learning that depend on the interpreter."""
    reference = played(short_tape, "sim:", tmp_path / "cpython")
    assert reference.count("learnt") == 6 and len(heard(reference)) == 6
    assert played(short_tape, "sim:micropython", tmp_path / "unix") == reference
    for core in ("cortex-m0", "cortex-m3"):
        printed, _, instructions = played(short_tape, f"sim:{core}", tmp_path / core).partition(DECIDED)
        assert printed == reference
        stated = int(re.search(rf"{core} .*?([\d,]+) instructions", README)[1].replace(",", ""))
        assert stated // 4 < int(instructions.split()[0]) <= stated  # looking for free heap takes more or less


def reel(seed):
    """Return a tape in the making, and the recordings of one voice that says each word once."""
    return tape.Reel(np.random.default_rng(seed)), recordings.speak(seed, ["m1"], 1)


def run(folder, making):
    """Return the lines that a board prints, what the tape tells left out."""
    making.write(folder, recordings.WORDS)
    printed = simulate("words", "sim:micropython", flash=folder)
    return [line for line in printed.splitlines() if not line.startswith("--")]


@pytest.mark.usefixtures("unix_micropython")
def test_what_the_board_learnt_outlives_the_power(tmp_path):
    """Catches a program that begins anew, or over what was there."""
    making, said = reel(3)
    for each in said:
        making.say(each, recordings.WORDS, teaching=True)
    first = run(tmp_path, making)
    again = run(tmp_path, making)
    assert first[0] == "knows 0 examples of yes, no, left, right, stop, go"
    assert again[0] == "knows 54 examples of yes, no, left, right, stop, go"
    assert again[1:] == first[1:]


@pytest.mark.usefixtures("unix_micropython")
def test_faults_are_told_and_outlived(tmp_path):
    """A button without a word, a microphone that fails in each way, a full flash. Catches one that goes unnoticed."""
    making, said = reel(3)
    silence = np.zeros(recordings.HOP)
    making.cue("full")
    making.say(said[0], recordings.WORDS, teaching=True)
    making.cue("room")
    making.cue("press")
    making.hear(np.tile(silence, 300))
    for fault in ("absent", "stuck", "saturated", "garbage"):
        making.cue(fault)
        making.hear(np.tile(silence, 120))
        making.cue("works")
        making.hear(np.tile(silence, 40))
    making.say(said[0], recordings.WORDS, teaching=False)
    making.hear(np.tile(silence, 700))
    lines = run(tmp_path, making)
    cannot = "cannot be kept, the flash is full or fails: known until the power goes"
    expected = ["say yes", "learnt yes", cannot, "say no", "nothing heard: press again to say no"]
    for fault in ("absent", "stuck", "saturated", "noisy"):
        expected += [f"microphone: {fault}", "microphone: well again"]
    assert lines[1:-1] == expected
    assert lines[-1].startswith("heard yes")
    # As soon as there is room, it is kept
    assert run(tmp_path, making)[0].startswith("knows 9 examples")


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("port", ["sim:", "sim:micropython"])
def test_a_board_that_hangs_or_rots_starts_again(tmp_path, port):
    """Catches an example that feeds no watchdog, or ends when memory changed by itself."""
    making, said = reel(3)
    for each in said:
        making.say(each, recordings.WORDS, teaching=True)
    making.write(tmp_path, recordings.WORDS)
    assert simulate("words", port, flash=tmp_path, options=["hang_s=2"]).endswith("    the watchdog resets the board\n")
    printed = simulate("words", port, flash=tmp_path, options=["rot_s=4"])
    assert printed.endswith(" changed by itself: the board goes back to its last checkpoint\n")
    kept = re.match("knows ([0-9]+) examples", simulate("words", port, flash=tmp_path))[1]
    assert int(kept) == 9 * printed.count("\nlearnt ") - 9 > 0


@pytest.mark.usefixtures("unix_micropython")
def test_another_network_in_the_flash_is_left_alone(tmp_path):
    """Catches a program that writes over what was learnt."""
    making, said = reel(3)
    making.say(said[0], recordings.WORDS, teaching=True)
    run(tmp_path, making)
    kept = (tmp_path / "eqprop-0.checkpoint").read_bytes()
    making.write(tmp_path, (*recordings.WORDS, "seven"))
    printed = simulate("words", "sim:micropython", flash=tmp_path)
    assert printed.startswith("stopped, flash untouched: layers: expected (96, 24, 7)")
    assert (tmp_path / "eqprop-0.checkpoint").read_bytes() == kept


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("words", [("oui", *recordings.WORDS[1:]), recordings.WORDS[::-1]])
def test_a_network_of_as_many_other_words_is_left_alone(tmp_path, words):
    """Catches a program that goes on with lamps that mean something else."""
    making, said = reel(3)
    making.say(said[0], recordings.WORDS, teaching=True)
    run(tmp_path, making)
    kept = (tmp_path / "eqprop-0.checkpoint").read_bytes()
    making.write(tmp_path, words)
    printed = simulate("words", "sim:micropython", flash=tmp_path)
    assert printed.startswith("stopped, flash untouched: user_data: ")
    assert (tmp_path / "eqprop-0.checkpoint").read_bytes() == kept


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("turn left\r\n\n stop \ngo", "knows 0 examples of turn left, stop, go"),
        ("\n \n", "words.txt: has 0 words, expected 1 to 12, a word a line"),
        ("word\n" * 13, "words.txt: has 13 words, expected 1 to 12, a word a line"),
    ],
)
def test_a_list_of_words(tmp_path, text, first):
    """Catches a word that is split at its space, more words than lamps, whose pins are the button's."""
    making, _ = reel(3)
    making.write(tmp_path, ())
    (tmp_path / "words.txt").write_text(text, newline="")
    for port in ("sim:", "sim:micropython"):
        assert simulate("words", port, flash=tmp_path).splitlines()[0] == first


def test_a_list_of_words_in_its_folder_counts(tmp_path):
    """As `eqprop deploy` puts it next to the program. Catches a list that only the flash's root may have."""
    making, _ = reel(3)
    making.write(tmp_path / "flash", recordings.WORDS)
    shutil.copytree(ROOT / "examples" / "words", tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "own" / "words.txt").write_text("left\nright\n")
    for port in ("sim:", "sim:micropython"):
        printed = simulate(tmp_path / "own", port, flash=tmp_path / "flash")
        assert printed.splitlines()[0] == "knows 0 examples of left, right"


def test_a_folder_of_wav_files(tmp_path, capsys):
    """At another rate, in stereo. Catches a folder that only espeak-ng's words would go through."""
    soundfile = pytest.importorskip("soundfile")
    for each in recordings.speak(1, ["m1", "f1", "f2"], 2):
        suffix = ".WAV" if each.voice == "f2" else ".wav"
        file = tmp_path / "wav" / recordings.WORDS[each.word] / f"{each.voice}-{id(each)}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        twice = np.repeat(each.samples, 2)
        soundfile.write(file, np.stack([twice, twice], axis=1), 16000)
    found, words = recordings.read_folder(tmp_path / "wav")
    assert words == tuple(sorted(recordings.WORDS)) and len(found) == 36
    assert {each.voice for each in found} == {"m1", "f1", "f2"}
    assert tape.main([str(tmp_path / "flash"), "--folder", str(tmp_path / "wav"), "--asked", "1"]) == 0
    printed = simulate("words", "sim:micropython", flash=tmp_path / "flash")
    assert printed.count("learnt") == 24 and len(heard(printed)) == 6
    assert words_study.main(["--folder", str(tmp_path / "wav"), "--seeds", "1"]) == 0
    assert "36 recordings of go, left, no, right, stop, yes" in capsys.readouterr().out


@pytest.mark.parametrize(
    "files, message",
    [
        ([], "is not a folder"),
        (["a/x.wav"], "has 1 folders, expected one for each of two words or more"),
        (["a/x.txt", "b/x.wav"], "has no .wav files"),
        (["a/x.wav", "b/x.wav"], "cannot be read"),
    ],
)
def test_a_folder_that_will_not_do_is_named(tmp_path, files, message, capsys):
    folder = tmp_path / "wav"
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("no sound")
    with pytest.raises(DataError, match=message):
        recordings.read_folder(folder)
    assert tape.main([str(tmp_path / "flash"), "--folder", str(folder)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(f"eqprop: {folder}") and shown.out == ""
