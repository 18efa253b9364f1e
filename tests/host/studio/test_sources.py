"""What a board is shown in the page: drawings, movements, and Chromium's own fake camera and microphone.

The tests show each sample and wait until the page has it, so what is learnt does not depend on the machine's speed.
"""

import base64
import wave

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from eqprop_host import datasets
from eqprop_host.studio.in_page.motion import AXES, PHONE, SAMPLES, Motion
from support.browser import chromium
from support.studio_page import Page

pytestmark = [pytest.mark.slow, pytest.mark.micropython]

SIZE = 64  # pixels of the fake camera's picture
RATE_HZ = 8000  # of sound, as the page hears it
LIKE = 12  # grey levels by which the page's picture may differ from the camera's


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The fake camera's film: one frame, which a test overwrites."""
    path = tmp_path_factory.mktemp("camera") / "film.y4m"
    path.write_bytes(HEAD + bytes([128]) * (SIZE * SIZE * 3 // 2))
    return path


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The fake microphone's record."""
    path = tmp_path_factory.mktemp("microphone") / "words.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.concatenate(WORDS).tobytes())
    return path


@pytest.fixture(scope="module")
def browser(film, record):
    fakes = (f"--use-file-for-fake-video-capture={film}", f"--use-file-for-fake-audio-capture={record}")
    with chromium("--use-fake-device-for-media-stream", *fakes, width=1200, height=900) as found:
        yield found


@pytest.fixture
def page(browser, address):
    """The page, which may use the camera and the microphone."""
    for name in ("camera", "microphone"):
        permit(browser, name, "granted")
    return Page(browser, address)


def permit(browser, name, setting):
    browser.execute_cdp_cmd("Browser.setPermission", {"permission": {"name": name}, "setting": setting})


# ---- a camera

HEAD = f"YUV4MPEG2 W{SIZE} H{SIZE} F30:1 Ip A1:1 C420jpeg\nFRAME\n".encode()


def bar(random, label):
    """Return a picture of a bar, uint8 (SIZE, SIZE): upright, flat or slanting."""
    y, x = np.mgrid[:SIZE, :SIZE]
    place = random.integers(25, 40) * (1.4 if label == 2 else 1)
    near = np.abs((x, y, (x + y) / 1.4)[label] - place) < 7
    return np.clip(60 + 130 * near + random.normal(0, 12, (SIZE, SIZE)), 0, 255).astype(np.uint8)


def grey(picture):
    """Return the grey levels that the page shows of a camera's picture."""
    small = picture.reshape(8, SIZE // 8, 8, SIZE // 8).mean(axis=(1, 3))
    small -= small.mean()
    return 128 + 127 * small.ravel() / np.abs(small).max()


def test_three_classes_of_pictures_are_taught_by_a_camera(page, film):
    random = np.random.default_rng(4)
    page.choose("camera")

    def show(label):
        """Hold a picture before the camera until the page has it."""
        picture = bar(random, label)
        with open(film, "r+b") as file:
            file.seek(len(HEAD))
            file.write(picture.tobytes())
        page.until(lambda: np.abs(np.subtract(page.seen, grey(picture))).max() < LIKE)

    for label in 5 * [0, 1, 2]:
        show(label)
        page.teach(label)
    page.learn_until(page.learnt + 150)
    right = []
    for label in 4 * [0, 1, 2]:
        show(label)
        right.append(page.answer() == "ABC"[label])
    assert np.mean(right) >= 0.9
    assert page.browser.get_log("browser") == []


# ---- a microphone


def words(random, kinds):
    """Return a silence, and for each kind a word and a pause, int16: a tone, one that rises, one that falls."""
    t = np.arange(int(0.34 * RATE_HZ)) / RATE_HZ
    found = [np.zeros(RATE_HZ)]
    for kind in kinds:
        hz = (400, 700, 2600)[kind] * random.uniform(0.95, 1.05)
        phase = (hz * t, hz * t + 2400 * t * t, hz * t - 2400 * t * t)[kind]
        word = random.uniform(0.4, 0.8) * np.hanning(len(t)) * np.sin(2 * np.pi * phase)
        found.append(np.concatenate([word, np.zeros(int(0.36 * RATE_HZ))]))
    return [(32767 * (each + random.normal(0, 0.001, len(each)))).astype("<i2") for each in found]


KINDS = 6 * [0, 1, 2]
TAUGHT = len(KINDS) // 2
WORDS = words(np.random.default_rng(5), KINDS)

STEPPED = """
    const bytes = Uint8Array.from(atob(arguments[0]), (sign) => sign.charCodeAt(0));
    const sound = Float32Array.from(new Int16Array(bytes.buffer), (value) => value / 32768), pauses = arguments[1];
    window.AudioContext = class extends OfflineAudioContext {
      constructor({ sampleRate }) {
        super(1, sound.length, sampleRate);
        for (const sample of pauses) this.suspend(sample / sampleRate);
        window.onward = () => OfflineAudioContext.prototype.resume.call(this);
      }
      createMediaStreamSource() {
        const source = this.createBufferSource();
        source.buffer = this.createBuffer(1, sound.length, this.sampleRate);
        source.buffer.copyToChannel(sound, 0);
        source.start();
        return source;
      }
      async resume() { this.startRendering(); }
      async close() {}
    };
"""
"""Has the page hear a sound that waits at each pause until `onward` is called: a slow page misses no sample."""


def test_three_words_are_taught_by_a_microphone(page):
    """The sound goes through the page's own audio thread, in place of the microphone's, and waits after each word."""
    ends = np.cumsum([len(each) for each in WORDS])[:-1]
    page.run(STEPPED, base64.b64encode(np.concatenate(WORDS).tobytes()).decode(), ends.tolist())
    page.choose("microphone")
    right = []
    for n, kind in enumerate(KINDS):
        page.run("onward()")
        page.until(lambda n=n: page.text("heard").startswith(f"Heard word {n + 1}."))
        if n < TAUGHT:
            page.teach(kind)
        else:
            right.append(page.answer() == "ABC"[kind])
    assert np.mean(right) >= 0.9
    assert page.browser.get_log("browser") == []


def test_the_browsers_microphone_is_heard(page):
    """Catches a microphone that is not connected. How many words are heard depends on the machine; one is enough."""
    page.choose("microphone")
    page.until(lambda: page.text("heard").startswith("Heard word"))


# ---- a motion sensor

MOVE = """
    window.move = (readings) => {
      for (const [x, y, z] of readings) {
        dispatchEvent(new DeviceMotionEvent("devicemotion", { accelerationIncludingGravity: { x, y, z } }));
      }
    };
    window.resting = setInterval(() => move(Array(6).fill([0, 0, 9.8])), 10);
"""
"""A sensor that lies still until `resting` is cleared, and then moves by `move` alone."""


def readings(random, kind):
    """Return readings of a movement in m/s^2: 0 lies still, 1 shakes from left to right, 2 up and down."""
    found = random.normal(0, 0.2, (SAMPLES + 2, AXES)) + (0, 0, 9.8)  # the page takes six at a time
    if kind:
        found[:, kind - 1] += 8 * np.sin(np.cumsum(random.uniform(1.2, 1.6, len(found))))
    return found.round(2)


def test_three_movements_are_taught_by_a_motion_sensor(page):
    """Each window is of one movement, and the page has all its features before the test goes on."""
    random = np.random.default_rng(6)
    page.run(MOVE)
    page.choose("motion")
    page.run("clearInterval(resting)")
    assert not page.text("trouble")
    right = []
    for turn in range(4):
        for kind in range(3):
            moved = readings(random, kind)
            page.run("move(arguments[0])", moved.tolist())
            window = Motion(AXES, PHONE)
            window.feel((100 * moved).round().astype(int).ravel().tolist())
            expected = [128 + each for each in np.frombuffer(window.features(), np.int8).tolist()]
            page.until(lambda expected=expected: page.seen == expected)
            if turn < 2:
                page.teach(kind)
            else:
                right.append(page.answer() == "ABC"[kind])
    assert np.mean(right) >= 0.9
    assert page.browser.get_log("browser") == []


def test_a_device_without_a_motion_sensor_is_told(page):
    page.fill("source", "motion")
    page.until(lambda: page.text("trouble"))
    assert page.text("trouble") == "motion: no sensor answers: open the page on a phone or a laptop that has one"


# ---- drawings


def draw(page, points):
    """Draw a stroke on the pad, as a pointer does: points in 0..1."""
    from selenium.webdriver.common.action_chains import ActionChains

    pad = page.browser.find_element("id", "pad")
    side = pad.size["width"]
    (x, y), *others = [(round((x - 0.5) * side), round((y - 0.5) * side)) for x, y in points]
    actions = ActionChains(page.browser, duration=20).move_to_element_with_offset(pad, x, y).click_and_hold()
    for x, y in others:
        actions.move_to_element_with_offset(pad, x, y)
    actions.release().perform()


SHAPES = (
    [(0.5, 0.1), (0.5, 0.9)],
    [(0.1, 0.5), (0.9, 0.5)],
    [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)],
)


def test_drawings_become_a_data_set_that_train_reads(page, tmp_path):
    """Draw, teach, relabel, delete, export, import: catches a sample lost on the way, and a label of another class."""
    browser = page.browser
    page.save_into(tmp_path)
    page.choose("draw")
    for _ in range(5):
        for label, shape in enumerate(SHAPES):
            draw(page, shape)
            page.answer()
            page.teach(label)
    page.learn_until(page.learnt + 200)
    for label, shape in enumerate(SHAPES):
        page.click("#clear")
        draw(page, shape)
        assert page.answer() == "ABC"[label]
    page.fill("name-1", "line, flat")
    page.until(lambda: page.text("classes").count("line, flat") == 1)
    samples = "return document.querySelectorAll('#samples li').length"
    page.click("#samples li:nth-child(15) button")
    page.until(lambda: page.run(samples) == 14)
    page.run(
        "const s = document.querySelector('#samples li:nth-child(13) select');"
        "s.selectedIndex = 1; s.dispatchEvent(new Event('change'))"
    )
    page.until(lambda: "B (6)" in page.text("classes") or "line, flat (6)" in page.text("classes"))
    page.click("#export")
    table = tmp_path / "samples.csv"
    page.until(table.exists)

    data = datasets.load(str(table))
    assert data.features.shape == (14, 64) and data.class_names == ("A", "C", "line, flat")
    assert [np.sum(data.labels == k) for k in range(3)] == [4, 4, 6]

    page.choose("digits")
    page.choose("draw")
    assert page.run(samples) == 0
    browser.find_element("id", "file").send_keys(str(table))
    page.until(lambda: page.run(samples) == 14)
    assert "line, flat (6)" in page.text("classes")
    refused = tmp_path / "other.csv"
    refused.write_text("1,2,3,A\n")
    browser.find_element("id", "file").send_keys(str(refused))
    page.until(lambda: page.text("trouble"))
    assert page.text("trouble") == (
        "other.csv: line 1: 4 columns, expected 64 features and a label: choose the source that the file is of"
    )
    refused = tmp_path / "table.parquet"
    parquet.write_table(pyarrow.table({"x": [1.5], "label": ["A"]}), refused)
    browser.find_element("id", "file").send_keys(str(refused))
    page.until(lambda: page.text("trouble").startswith("table.parquet"))
    assert page.text("trouble") == (
        "table.parquet: is no table of text: `eqprop studio --data FILE` opens the page with it"
    )
    assert page.run(samples) == 14
    assert browser.get_log("browser") == []


def test_a_sensor_without_permission_is_told_and_nothing_is_lost(page):
    for source in ("camera", "microphone"):
        permit(page.browser, source, "denied")
        page.fill("source", source)
        page.until(lambda source=source: page.text("trouble").startswith(source))
        assert page.text("trouble") == (
            f"{source}: this page has no permission: allow it in the browser's address bar, then choose it again"
        )
    page.choose("draw")
    draw(page, SHAPES[0])
    assert page.answer()
