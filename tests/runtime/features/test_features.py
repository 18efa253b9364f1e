"""Features of signals: against NumPy within the bounds that they state, the same bits everywhere, no allocation."""

import math
import random
import runpy
import subprocess
from array import array

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eqprop.features import mel
from eqprop.features.arithmetic import log2, sine
from eqprop.features.kernels import plain
from eqprop.features.population import Population
from eqprop.features.scale import Scaler, fit
from eqprop.features.spectrum import Bands, Spectrum
from eqprop.features.utterance import NOTHING, TOO_LONG, WORD, Utterance
from eqprop.features.window import Statistics, Window
from eqprop.fixed import isqrt
from eqprop_sim.emulator import features as compiled
from support.places import PROGRAMS, RUNTIME
from support.references.checked_integers import CheckedArray

PROGRAM = PROGRAMS / "learning/features.py"
SIZES = st.sampled_from([16, 32, 64, 256, 1024])


@st.composite
def signals(draw):
    """A window's samples, int16: sines, noise and steps of any loudness, with an offset."""
    size = draw(SIZES)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    t = np.arange(size)
    kind = draw(st.sampled_from(["sine", "noise", "step", "ends"]))
    x = {
        "sine": np.sin(2 * np.pi * rng.uniform(0.5, size / 2) * t / size + rng.uniform(0, 7)),
        "noise": rng.uniform(-1, 1, size),
        "step": np.where(t < rng.integers(size), 1.0, -1.0),
        "ends": rng.choice([-1.0, 1.0], size),
    }[kind]
    x = x * 2.0 ** draw(st.floats(0, 15.1)) + rng.uniform(-1, 1) * 2.0 ** draw(st.integers(0, 15))
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def filled(samples, hop=None):
    """Return a window, compiled, of these samples."""
    window = compiled.Window(len(samples), hop)
    window.samples[:] = samples
    return window


# ---- arithmetic


@pytest.mark.parametrize("turn", [4, 12, 16, 20, 256, 1000, 1024])
def test_sine_is_rounded_to_the_nearest(turn):
    """Catches a term of the series, or a quarter of the turn, that is wrong."""
    for n in range(-turn, 2 * turn):
        assert sine(n, turn) == round(16384 * math.sin(2 * math.pi * n / turn))


@given(st.integers(1, 2**30 - 1))
def test_log2_is_within_its_bound(x):
    assert abs(log2(x) - 256 * math.log2(x)) < 3.1
    assert log2(x) <= log2(min(x + (x >> 8) + 1, 2**30 - 1))


@given(st.integers(0, 2**30 - 1))
def test_root_is_floored(x):
    assert isqrt(x) == math.isqrt(x)


def test_nothing_has_no_logarithm():
    assert log2(0) == log2(-5) == 0


# ---- windows and their statistics


@given(signals())
@example(np.array([2544, -2542] * 512, np.int16))
def test_statistics(samples):
    """Catches a mean that rounds otherwise, squares shifted back wrongly, a crossing counted at the window's start."""
    statistics = Statistics(filled(samples))
    statistics.measure()
    wide = samples.astype(np.int64)
    mean = int(wide.sum()) // len(wide)
    assert (statistics.low, statistics.high, statistics.mean) == (wide.min(), wide.max(), mean)
    below = wide < mean
    assert statistics.crossings == np.count_nonzero(below[1:] != below[:-1])
    assert statistics.step == np.abs(np.diff(wide)).sum() // (len(wide) - 1)
    exact = math.sqrt(np.mean((wide - mean) ** 2.0))
    # The shift and the root each lose less than 2**s, and 2**s <= max(|d|) / 512 for a window of 1024
    assert abs(statistics.deviation - exact) < 1 + np.abs(wide - mean).max() / 256


def test_a_stuck_sensor_has_no_deviation():
    statistics = Statistics(filled(np.full(64, -777, np.int16)))
    statistics.measure()
    assert (statistics.low, statistics.high, statistics.mean) == (-777, -777, -777)
    assert (statistics.deviation, statistics.crossings, statistics.step) == (0, 0, 0)


@given(st.lists(st.integers(-40000, 40000), min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 8))
def test_a_window_holds_the_last_samples(values, hop, older):
    """Catches a slide too far, one before the first samples, and a sample that wraps."""
    window = Window(hop + older, hop)
    held = [0] * (hop + older)
    for n, value in enumerate(values):
        if n % hop == 0:
            held = held[hop:] + [0] * hop
        held[older + n % hop] = min(max(value, -32768), 32767)
        assert window.push(value) == (n % hop == hop - 1)
        assert list(window.samples[: older + n % hop + 1]) == held[: older + n % hop + 1]


def test_blocks_go_into_the_window_itself():
    """As `machine.I2S.readinto` writes them. Catches a copy in place of the window's own memory."""
    window = Window(6, 2)
    for block in ([1, 2], [3, 4]):
        window.slide()
        memoryview(window.fresh).cast("B")[:] = array("h", block).tobytes()
    assert list(window.samples) == [0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: Window(0), "size: 0 is not in 1..16384"),
        (lambda: Window(8, 9), "hop: 9 is not in 1..8"),
        (lambda: Window(8, 0), "hop: 0 is not in 1..8"),
        (lambda: Statistics(Window(1025)), "window: expected at most 1024 samples, got 1025"),
        (lambda: Spectrum(Window(48)), "window: expected a power of two in 16..1024, got 48"),
        (lambda: Spectrum(Window(8)), "window: expected a power of two in 16..1024, got 8"),
        (lambda: Bands(Window(16), (1, 1)), r"edges: \[1, 1\] do not rise within 0..9"),
        (lambda: Bands(Window(16), (1, 10)), r"edges: \[1, 10\] do not rise within 0..9"),
        (lambda: Bands(Window(16), (1,)), "bands: 0 is not in 1..128"),
        (lambda: mel.FilterBank(Window(256), 129), "bands: 129 is not in 1..128"),
        (
            lambda: mel.FilterBank(Window(256), 8, 8000, 60, 4001),
            "low_hz, high_hz: 60, 4001 do not rise within 0..4000",
        ),
        (lambda: mel.FilterBank(Window(64), 40), "bands: 40 are too many for windows of 64 samples"),
        (lambda: Scaler(0), "n: 0 features"),
        (lambda: Scaler(3, 17), "memory: 17 is not in 0..16"),
        (lambda: Scaler(3).update([1, 2]), "x: expected 3 features, got 2"),
        (lambda: Utterance(0), "bands, steps: expected 1 or more, got 0, 8"),
        (lambda: Utterance(8, frames=20), "frames: 20 are too few for a pause of 14"),
    ],
)
def test_what_cannot_be_is_refused(build, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build()


# ---- spectra


def exact_spectrum(samples, exponent):
    """Return the spectrum in the integer one's unit, by NumPy, complex (size/2 + 1,)."""
    size = len(samples)
    wide = samples.astype(np.int64)
    x = (wide - int(wide.sum()) // size) * 2.0**exponent
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.fft.rfft(x * window) * 2 / size


@given(signals())
@settings(max_examples=100)
def test_the_spectrum_is_numpys(samples):
    """Catches a twiddle that is conjugated, an order that is not reversed, Hann's other half with the wrong sign."""
    spectrum = Spectrum(filled(samples))
    spectrum.measure()
    exact = np.abs(exact_spectrum(samples, spectrum.exponent))
    assert np.max(np.abs(np.sqrt(spectrum.power) - exact)) < math.log2(len(samples))
    assert spectrum.power.max() <= 2**28 and spectrum.power.sum(dtype=np.int64) < 2**29


@given(signals())
def test_quiet_signals_are_as_sharp_as_loud_ones(samples):
    """Catches a shift that stops too early: the largest sample is to fill the transform's range."""
    spectrum = Spectrum(filled(samples))
    spectrum.measure()
    wide = samples.astype(np.int64)
    peak = np.abs(wide - int(wide.sum()) // len(wide)).max()
    if peak:
        assert 8192 <= peak * 2.0**spectrum.exponent <= 16384 + 1


class CheckedWindow:
    """A window whose every number is checked to fit its array, and 31 bits."""

    allocate = CheckedArray
    kernels = plain

    def __init__(self, samples):
        self.size = len(samples)
        self.samples = CheckedArray("h", self.size)
        for i, value in enumerate(samples):
            self.samples[i] = int(value)


@given(signals().filter(lambda samples: len(samples) <= 256))
@settings(max_examples=25)
def test_nothing_exceeds_31_bits(samples):
    """All kernels on integers that raise. Catches a bound that is off by a bit."""
    window = CheckedWindow(samples)
    Statistics(window).measure()
    bank = Bands(window, (0, 2, window.size // 2 + 1))
    bank.measure()
    twin = Bands(filled(samples), (0, 2, window.size // 2 + 1))
    twin.measure()
    assert list(bank.levels) == twin.levels.tolist()


@given(signals(), st.data())
def test_bands_are_sums_of_powers(samples, data):
    """Catches a band with its neighbour's bin, a logarithm of a sum in another unit."""
    size = len(samples)
    edges = sorted(data.draw(st.sets(st.integers(0, size // 2 + 1), min_size=2, max_size=9)))
    bands = Bands(filled(samples), edges)
    for _ in range(2):  # sums start from zero each time
        bands.measure()
    power = bands.spectrum.power.astype(np.int64)
    for level, low, high in zip(bands.levels, edges, edges[1:], strict=False):
        total = int(power[low:high].sum())
        expected = 256 * math.log2(total) + 1024 - 512 * bands.spectrum.exponent if total else 0
        assert abs(level - max(0, expected)) < 5


@given(st.integers(1, 60), st.integers(0, 900), st.integers(1000, 4000))
def test_corners_are_equally_far_apart_in_mel(bands, low, high):
    found = np.array(mel.corners(bands, low, high)) / 256
    ends = [2595 * math.log10(1 + f / 700) for f in (low, high)]
    exact = 700 * (10 ** (np.linspace(*ends, bands + 2) / 2595) - 1)
    assert np.max(np.abs(found - exact)) < 0.25


def test_filters_are_triangles_that_share_all_power():
    """One bin after the other. Catches a share that is the other band's, a corner missed, a bank with gaps."""
    window = filled(np.zeros(256, np.int16))
    bank = mel.FilterBank(window, 16, 8000, 60, 3800)
    corners = np.array(mel.corners(16, 60, 3800)) / 256
    share = np.zeros((129, 16))
    for k in range(129):
        power, sums = np.zeros(129, np.int32), np.zeros(18, np.int32)
        power[k] = 1 << 20
        compiled.kernels.gather(power, bank._places, sums, 129)
        share[k] = sums[1:17] / (1 << 20)
    hz = np.arange(129) * 8000 / 256
    for b in range(16):
        triangle = np.interp(hz, corners[b : b + 3], [0, 1, 0])
        assert np.max(np.abs(share[:, b] - triangle)) < 1 / 32
    inside = (hz >= corners[1]) & (hz < corners[16])
    assert np.max(np.abs(share.sum(axis=1)[inside] - 1)) < 1e-6


def test_a_tone_is_heard_in_its_band_whatever_its_loudness():
    """Levels of tones 6 dB apart are 512 apart. Catches an exponent that counts the wrong way."""
    t = np.arange(256)
    levels = []
    for shift in range(10):
        bank = mel.FilterBank(filled(np.round(30000 * np.sin(0.7 * t) / 2**shift).astype(np.int16)))
        bank.measure()
        levels.append(bank.levels.astype(int))
    heard = np.argmax(levels, axis=1)
    assert len(set(heard.tolist())) == 1
    steps = -np.diff([level[heard[0]] for level in levels])
    assert np.max(np.abs(steps - 512)) < 12


# ---- scaling


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=40), st.integers(0, 6))
def test_the_mean_is_that_of_what_is_remembered(values, memory):
    """Against fractions. Catches a first sample that counts half, a memory of another length."""
    scaler = Scaler(1, memory)
    mean = deviation = 0.0
    for n, value in enumerate(values):
        scaler.update([value])
        count = min(n + 1, 1 << memory)
        d = value - mean
        mean += d / count
        if count > 1:
            deviation += (abs(d) - deviation) / count
        assert scaler.count == count
    assert abs(scaler.mean[0] / 256 - mean) <= (len(values) + 1) / 256
    assert abs(scaler.mean_abs_deviation[0] / 256 - deviation) <= 2 * (len(values) + 1) / 256


def test_scaled_noise_fills_the_range():
    rng = np.random.default_rng(3)
    scaler, out = Scaler(2, 10), array("b", bytes(2))
    rows = (rng.standard_normal((3000, 2)) * (40, 4000) + (-300, 9000)).astype(int)
    for row in rows:
        scaler.update(row.tolist())
    seen = []
    for row in rows:
        scaler.scale(row.tolist(), out)
        seen.append(list(out))
    spread = np.std(seen, axis=0)
    assert np.max(np.abs(np.mean(seen, axis=0))) < 3
    assert np.max(np.abs(spread - 32 / math.sqrt(2 / math.pi))) < 3


def test_a_feature_that_never_changes_is_zero():
    scaler, out = Scaler(1), array("b", [99])
    for _ in range(5):
        scaler.update([1234])
    scaler.scale([1234], out)
    assert out[0] == 0
    scaler.scale([32767], out)
    assert out[0] == 127
    scaler.scale([-32768], out)
    assert out[0] == -127


@given(st.integers(-32768, 32766), st.data())
def test_a_range_becomes_int8(low, data):
    high = data.draw(st.integers(low + 1, 32767))
    values = sorted(data.draw(st.lists(st.integers(-32768, 32767), min_size=1)))
    out = array("b", bytes(len(values) + 1))
    fit(values, low, high, out, 1)
    for value, found in zip(values, out[1:], strict=True):
        exact = 254 * (min(max(value, low), high) - low) / (high - low) - 127
        assert abs(found - exact) <= 0.5 + 1e-9


@given(st.data(), st.integers(2, 9), st.integers(-400, 400), st.integers(1, 500))
def test_a_population_interpolates_between_its_units(data, units, low, step):
    """Against NumPy's interpolation. Catches: units of a neighbouring channel, a code that was there before."""
    value = st.integers(-32768, 32767) | st.integers(low - 9, low + units * step)
    population = Population(3, units, low, step)
    centres = low + step * np.arange(units)
    for values in data.draw(st.lists(st.lists(value, min_size=3, max_size=3), min_size=1)):
        exact = np.array([[127 * np.interp(v, centres, row) for row in np.eye(units)] for v in values])
        found = np.frombuffer(population.encode(array("i", values)), np.int8).reshape(exact.shape)
        assert np.all(np.abs(found - exact) < 1)
        assert np.all(found.sum(axis=1) == 127)


def test_a_population_refuses_what_does_not_fit():
    """Catches a code that is written in part."""
    population = Population(2, 4, 0, 10)
    before = bytes(population.encode((5, 25)))
    for values in ((), (1,), (1, 2, 3)):
        with pytest.raises(ValueError, match=rf"^values: {len(values)}, not 2$"):
            population.encode(values)
    assert population.code == before
    for channels, units, step in ((0, 4, 10), (2, 1, 10), (2, 4, 0), (2, 4, 32768)):
        with pytest.raises(ValueError, match=f"^channels, units, step: {channels}, {units}, {step}: "):
            Population(channels, units, 0, step)


# ---- words


def spoken(rng, length, loudness=1500, before=30, background=1500):
    """Return (levels of 4 bands, frame by frame, the word's alone): silence, a word and silence."""
    word = [[background + loudness + rng.randint(-400, 400) for _ in range(4)] for _ in range(length)]
    quiet = [[background + rng.randint(-100, 100) for _ in range(4)] for _ in range(before + 20)]
    return [*quiet[:before], *word, *quiet[before:]], word


def heard(utterance, frames, steps=4):
    """Return what `push` said of each frame, the features of the last word, and the background then."""
    out, said, background = array("b", bytes(4 * steps + 1)), [], []
    for frame in frames:
        said.append(utterance.push(frame))
        if said[-1] == WORD:
            utterance.write(out, 1)
            background = list(utterance.background)
    return said, list(out[1:]), background


@given(st.integers(0, 2**32 - 1), st.integers(6, 40))
def test_a_word_is_found_and_only_one(seed, length):
    """Catches an end that is counted from the begin of the pause, a word heard twice, a frame before it lost."""
    frames, word = spoken(random.Random(seed), length)
    utterance = Utterance(4, 4)
    said, features, background = heard(utterance, frames)
    assert said.count(WORD) == 1 and said.count(TOO_LONG) == 0
    assert utterance.length == length + 2
    assert said.index(WORD) == 30 + length + 14 - 1
    # Frame by frame by NumPy
    levels = np.maximum(np.array(frames[28 : 30 + length]), np.array(background))
    n = length + 2
    steps = [levels[s * n // 4 : max((s + 1) * n // 4, s * n // 4 + 1)].mean(axis=0) for s in range(4)]
    exact = np.clip((np.array(steps) - np.mean(steps)) * 127 / 2600, -127, 127).ravel()
    assert np.max(np.abs(np.array(features) - exact)) < 0.7


def test_features_do_not_know_how_loud_and_how_long_a_word_was():
    """Twice as loud, background and word; each frame twice. Catches a mean that is not taken off."""
    frames, _ = spoken(random.Random(7), 16)
    first = heard(Utterance(4, 4), frames)[1]
    louder = [[level + 512 for level in frame] for frame in frames]
    assert heard(Utterance(4, 4), louder)[1] == first
    slower = [frame for frame in frames for _ in range(2)]
    slower = heard(Utterance(4, 4), slower)[1]
    assert np.max(np.abs(np.array(slower) - np.array(first))) < 20
    assert max(first) - min(first) > 40


def test_clicks_and_noise_are_no_words():
    """Catches a click taken for a word, a hum that is waited for to end, silence of zeros that noise would break."""
    utterance = Utterance(4, 4)
    click = spoken(random.Random(1), 3)[0]
    assert set(heard(utterance, click)[0]) == {NOTHING}
    hum = spoken(random.Random(2), 80, before=20)[0]
    said = heard(utterance, hum)[0]
    assert said.count(TOO_LONG) == 1 and WORD not in said
    utterance = Utterance(4, 4)
    assert set(heard(utterance, [[0] * 4] * 40 + [[600] * 4] * 10 + [[0] * 4] * 40)[0]) == {NOTHING}


# ---- everywhere


@pytest.fixture(scope="module")
def reference():
    """What programs/learning/features.py reports on CPython, by the plain kernels."""
    return runpy.run_path(str(PROGRAM))["report"]()


def test_compiled_features_are_the_same(reference):
    """Catches a type that wraps or widens otherwise, compiled by numba."""
    assert runpy.run_path(str(PROGRAM))["report"](compiled.Window) == reference


def printed(interpreter, tier):
    argv, environment = interpreter.command(PROGRAM, tier, path=[RUNTIME])
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_has_the_same_and_allocates_nothing(unix_micropython, reference, tier):
    """With its heap locked. Catches a kernel of the one tier alone, a list or a big integer made on the way."""
    assert printed(unix_micropython, tier) == reference


def test_an_interpreter_without_machine_code_has_the_same(every_micropython, reference):
    assert printed(every_micropython, "plain") == reference


def test_every_core_has_the_same_and_allocates_nothing(emulated_board, reference):
    assert printed(emulated_board, "viper") == reference
