"""A board's own sensor as the source of samples: a recorder of `eqprop record` runs there, behind a fake Web Serial."""

from importlib import resources

import numpy as np
import pytest

from eqprop_host.studio import files
from support.boards.program_board import ProgramBoard
from support.browser import chromium
from support.serial_bridge import bridged, give_serial
from support.studio_page import Page

pytestmark = [pytest.mark.slow, pytest.mark.micropython]


@pytest.fixture(scope="module")
def browser():
    with chromium(height=900) as found:
        give_serial(found)
        yield found


SENSOR = """
SETTINGS = {"sensor": "shaker", "rate_hz": 100, "watchdog_ms": 0}
AXES = 3


def sensor():
    import math

    turn = [0]

    def read(samples):
        with open("kind") as file:
            kind = file.read()
        if kind == "absent":
            raise OSError
        turn[0] += 1
        shake = int(9000 * math.sin(1.4 * turn[0]))
        for axis in range(3):
            samples[axis] = 16000 if axis == 2 else shake if kind == str(axis + 1) else 0

    return read


"""
"""An accelerometer that the test moves: at rest, along its first axis, along its second one."""


def moves(page, kind):
    """Return whether all of the page's window is of this movement, by how often each axis crosses its mean."""
    crossings = np.array(page.seen).reshape(-1, 4)[:, 2]  # grey levels, 8 for a crossing
    return all(level > 190 if axis + 1 == kind else level < 8 for axis, level in enumerate(crossings))


def test_three_movements_are_taught_by_a_boards_sensor(browser, unix_micropython, tmp_path):
    """Catches a record that is lost between two reads of the port, and a program that stops telling after 5 s."""
    recorder = (resources.files("eqprop_host.field.on_board") / "recorder.py").read_text()
    (tmp_path / "recorder.py").write_text(SENSOR + recorder)
    kind = tmp_path / "kind"
    kind.write_text("0")
    board = ProgramBoard(unix_micropython, tmp_path / "recorder.py", cwd=tmp_path)
    try:
        with bridged(files(), board.path) as (address, bridge):
            page = Page(browser, address)
            page.choose("program")
            assert not page.text("trouble")
            right = []
            for turn in range(4):
                for label in range(3):
                    kind.write_text(str(label))
                    page.until(lambda label=label: moves(page, label))
                    for _ in range(2):
                        if turn < 2:
                            page.teach(label)
                        else:
                            right.append(page.answer() == "ABC"[label])
            assert np.mean(right) >= 0.9
            kind.write_text("absent")
            page.until(lambda: "shaker does not answer" in page.text("tells"))
            bridge.unplug()
            page.until(lambda: page.text("trouble").startswith("The board is unplugged."))
            page.click("#dismiss")
            assert page.run("return document.querySelectorAll('#samples li').length") == 12
            assert not [line for line in browser.get_log("browser") if "/serial/" not in line["message"]]
    finally:
        board.close()


def test_a_board_that_tells_nothing_is_told_and_the_lesson_stays(browser, unix_micropython, tmp_path):
    (tmp_path / "silent.py").write_text("import time\ntime.sleep(100)\n")
    board = ProgramBoard(unix_micropython, tmp_path / "silent.py", cwd=tmp_path)
    try:
        with bridged(files(), board.path) as (address, _):
            page = Page(browser, address)
            page.fill("source", "program")
            page.until(lambda: page.text("trouble"))
            assert page.text("trouble").startswith("the board tells of no sensor: start a program there that does")
            page.until(lambda: page.run("return document.getElementById('source').value") == "digits")
            page.learn_until(10)
    finally:
        board.close()
