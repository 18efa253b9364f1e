"""A Raspberry Pi Pico's own firmware, in rp2040js, behind a fake Web Serial: `make boards`, minutes."""

import contextlib
import os

import pytest

from eqprop_host import cli
from eqprop_host.link import link
from eqprop_host.studio import files
from eqprop_sim.emulated_board import rp2040
from support.boards.blank_board import BlankBoard
from support.browser import chromium
from support.serial_bridge import bridged, give_serial
from support.studio_page import Page
from support.surroundings import obtained

pytestmark = pytest.mark.skipif(not os.environ.get("EQPROP_BOARDS"), reason="takes minutes: make boards")

DIGITS = "09633c35"  # the CRC of 64-32-10 after 200 digits, on any board
MINUTES_S = 1500


def test_a_pico_is_deployed_taught_unplugged_and_pulled(monkeypatch, tmp_path, capsys):
    """The power goes with the cable: the page starts the service again, which resumes at its checkpoint."""
    monkeypatch.setattr(link, "_ATTEMPTS", MINUTES_S)  # of some seconds: a busy machine's Pico answers late
    pico = obtained(rp2040.obtain)
    with contextlib.ExitStack() as opened:

        def powered():
            board = BlankBoard(lambda _: pico.command(tmp_path / "flash"))
            opened.callback(board.close)
            return board

        board = powered()
        board.prompt()
        browser = opened.enter_context(chromium())
        address, bridge = opened.enter_context(bridged(files(), board.path))
        give_serial(browser)
        page = Page(browser, address)
        page.click("#connect")
        # Its first answers may be late: it starts at a thirtieth of its speed
        page.until(lambda: "on the cable waits" in page.text("status"), MINUTES_S)
        page.learn_until(100, MINUTES_S)
        page.press("save")
        page.until(lambda: page.text("saved") == "The board has saved it.", MINUTES_S)
        bridge.bytes_left = 40 * 64  # within the samples that follow
        page.fill("until", "200")
        page.press("learn")
        page.until(lambda: "unplugged" in page.text("status"), MINUTES_S)
        board.unplug()
        board = powered()
        board.prompt()
        bridge.path = board.path
        bridge.plug_in()
        page.until(lambda: page.learnt == 200 and "on the cable waits" in page.text("status"), MINUTES_S)
        page.until(lambda: "which reports the same" in page.text("identity"), MINUTES_S)
        assert page.crc == DIGITS
        page.press("save")
        page.until(lambda: page.text("saved") == "The board has saved it.", MINUTES_S)
        page.click("#home")
        page.until(lambda: "in the page" in page.text("status"))
        assert not [line for line in browser.get_log("browser") if "/serial/" not in line["message"]]
        assert cli.main(["pull", f"--port={board.path}", str(tmp_path / "pulled.npz")]) == 0
        assert DIGITS in capsys.readouterr().out
