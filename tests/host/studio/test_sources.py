"""What a board is shown in the page: drawings, and Chromium's own fake camera and microphone."""

import time
import wave

import numpy as np
import pytest

from eqprop_host import datasets
from support.browser import chromium
from support.studio_page import Page

pytestmark = [pytest.mark.slow, pytest.mark.micropython]

SIZE = 64  # pixels of the fake camera's picture
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
RATE_HZ = 16000


# ---- a camera


def bars(random):
    """Return pictures of three classes of bars, uint8 (pictures, SIZE, SIZE), and their classes."""
    pictures, labels = [], []
    for n in range(60):
        label = n // 10 % 3
        y, x = np.mgrid[:SIZE, :SIZE]
        place = random.integers(25, 40)
        where = (x, y, (x + y) / 1.4)[label]
        bar = np.abs(where - (place * 1.4 if label == 2 else place)) < 7
        pictures.append(np.clip(60 + 130 * bar + random.normal(0, 12, (SIZE, SIZE)), 0, 255).astype(np.uint8))
        labels.append(label)
    return np.array(pictures), np.array(labels)


def write_video(path, pictures, repeated):
    """Write pictures as a film, YUV4MPEG2, each as `repeated` frames of a tenth of a second."""
    grey = bytes([128]) * (SIZE * SIZE // 2)
    with open(path, "wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE} H{SIZE} F10:1 Ip A1:1 C420jpeg\n".encode())
        for picture in pictures:
            file.write((b"FRAME\n" + picture.tobytes() + grey) * repeated)


def seen(page):
    """Return the picture that the network sees, float (8, 8), 0 for its mean."""
    script = (
        "const c = document.getElementById('input');"
        "return [...c.getContext('2d').getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)"
    )
    picture = np.array(page.run(script), float).reshape(8, 8)
    return picture - picture.mean()


def test_three_classes_of_pictures_are_taught_by_a_camera(address, tmp_path):
    """The film is compared with what the page shows, to know which class is in the picture."""
    pictures, labels = bars(np.random.default_rng(4))
    write_video(tmp_path / "bars.y4m", pictures, repeated=2)
    small = pictures.reshape(len(pictures), 8, 8, 8, 8).mean(axis=(2, 4))
    small -= small.mean(axis=(1, 2), keepdims=True)

    def shown():
        picture = seen(page)
        likeness = (small * picture).sum(axis=(1, 2)) / np.linalg.norm(small, axis=(1, 2))
        return labels[likeness.argmax()]

    with chromium(*FAKE, f"--use-file-for-fake-video-capture={tmp_path / 'bars.y4m'}") as browser:
        page = Page(browser, address)
        page.choose("camera")
        page.until(lambda: page.text("answer") != "–" and seen(page).any())
        taught, last = [0, 0, 0], None
        while min(taught) < 15:
            picture, label = seen(page), shown()
            if taught[label] < 15 and not np.array_equal(picture, last):  # each sample is another picture
                page.teach(label)
                if shown() == label:
                    taught[label], last = taught[label] + 1, picture
                else:  # the film went on meanwhile
                    page.click("#samples li:last-child button")
        page.learn_until(page.learnt + 400)
        right = {0: [], 1: [], 2: []}
        while min(map(len, right.values())) < 10:
            page.answer()
            before = seen(page)
            answer, label = page.answer(), shown()
            # The answer is about this picture, which was not asked about before
            if np.array_equal(before, seen(page)) and not np.array_equal(before, last):
                right[label].append(answer == "ABC"[label])
                last = before
        assert min(map(np.mean, right.values())) >= 0.9
        assert browser.get_log("browser") == []


# ---- a microphone


def sounds(random, order):
    """Return words of three kinds with pauses, float: a tone, one that rises, one that falls."""
    t = np.arange(int(0.34 * RATE_HZ)) / RATE_HZ
    pieces = [np.zeros(RATE_HZ)]
    for kind in order:
        hz = (400, 700, 2600)[kind] * random.uniform(0.95, 1.05)
        phase = (hz * t, hz * t + 2400 * t * t, hz * t - 2400 * t * t)[kind]
        loud = random.uniform(0.4, 0.8)
        pieces += [loud * np.hanning(len(t)) * np.sin(2 * np.pi * phase), np.zeros(int(0.36 * RATE_HZ))]
    sound = np.concatenate(pieces)
    return sound + random.normal(0, 0.001, len(sound))


def test_three_words_are_taught_by_a_microphone(address, tmp_path):
    """The words come in turn: if the browser begins to listen after the first, each class is another word's."""
    with wave.open(str(tmp_path / "words.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        sound = sounds(np.random.default_rng(5), [n % 3 for n in range(30)])
        file.writeframes((32767 * sound).astype("<i2").tobytes())
    with chromium(*FAKE, f"--use-file-for-fake-audio-capture={tmp_path / 'words.wav'}%noloop") as browser:
        page = Page(browser, address)
        page.choose("microphone")
        right = []
        for n in range(24):
            page.until(lambda n=n: page.text("heard").startswith(f"Heard word {n + 1}."))
            if n < 12:
                page.click(f"#classes button[data-label='{n % 3}']")
            else:
                right.append(page.answer() == "ABC"[n % 3])
        assert np.mean(right) >= 0.9
        assert browser.get_log("browser") == []


# ---- a motion sensor


class Mover:
    """Moves the browser's device: class 0 lies still, class 1 shakes from left to right, class 2 up and down."""

    def __init__(self, browser):
        self._browser = browser
        self._random = np.random.default_rng(6)
        self._now = 0
        metadata = {"available": True, "minimumFrequency": 1, "maximumFrequency": 60}
        for kind in ("accelerometer", "linear-acceleration", "gyroscope"):
            about = {"enabled": True, "type": kind, "metadata": metadata}
            browser.execute_cdp_cmd("Emulation.setSensorOverrideEnabled", about)

    def move_for(self, kind, seconds):
        """Move on until so many seconds have passed: the page looks at the last second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.move(kind)

    def move(self, kind, readings=1):
        for _ in range(readings):
            self._now += 1
            shake = 8 * np.sin(self._now * self._random.uniform(1.2, 1.6))
            x, y, z = self._random.normal(0, 0.2, 3) + (shake * (kind == 1), shake * (kind == 2), 9.8)
            for sensor in ("accelerometer", "linear-acceleration", "gyroscope"):
                reading = {"type": sensor, "reading": {"xyz": {"x": x, "y": y, "z": z}}}
                self._browser.execute_cdp_cmd("Emulation.setSensorOverrideReadings", reading)


def test_three_movements_are_taught_by_a_motion_sensor(address):
    with chromium() as browser:
        page = Page(browser, address)
        mover = Mover(browser)
        mover.move(0)
        page.fill("source", "motion")
        page.until(lambda: (mover.move(0), page.run("return document.body.ariaBusy"))[1] == "false")
        assert not page.text("trouble")
        right = []
        for turn in range(4):
            for kind in range(3):
                mover.move_for(kind, 1.5)
                for _ in range(5):
                    mover.move(kind, 8)
                    if turn < 2:
                        page.click(f"#classes button[data-label='{kind}']")
                    else:
                        right.append(page.answer() == "ABC"[kind])
        assert np.mean(right) >= 0.9
        assert browser.get_log("browser") == []


def test_a_device_without_a_motion_sensor_is_told(address):
    with chromium() as browser:
        page = Page(browser, address)
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


def test_drawings_become_a_data_set_that_train_reads(address, tmp_path):
    """Draw, teach, relabel, delete, export, import: catches a sample lost on the way, and a label of another class."""
    with chromium(width=1200) as browser:
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
        page = Page(browser, address)
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
        assert page.run(samples) == 14
        assert browser.get_log("browser") == []


def test_a_camera_without_permission_is_told_and_nothing_is_lost(address):
    with chromium("--use-fake-device-for-media-stream", "--deny-permission-prompts") as browser:
        page = Page(browser, address)
        page.fill("source", "camera")
        page.until(lambda: page.text("trouble"))
        assert page.text("trouble") == (
            "camera: this page has no permission: allow it in the browser's address bar, then choose it again"
        )
        page.choose("draw")
        draw(page, SHAPES[0])
        assert page.answer()
