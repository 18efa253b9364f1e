"""A board at the end of a cable: an emulated Cortex-M3 as it is bought, behind a fake Web Serial."""

import json

import pytest

from eqprop_host import cli
from eqprop_host.deploy import bundle
from eqprop_host.studio import files
from support.boards.blank_board import installed
from support.browser import chromium
from support.serial_bridge import FAKE, bridged
from support.studio_page import Page, served

WITHOUT = ("features", "chip", "extras", "bench")  # parts of the runtime that the test does not need

pytestmark = [pytest.mark.slow, pytest.mark.micropython]


def test_a_blank_board_is_deployed_taught_unplugged_and_pulled(blank, tmp_path, capsys):
    """Catches a sample that is learnt twice or never over the unplugging, and a board that differs from its twin."""
    board = blank()
    board.prompt()
    small = {"runtime-armv7m.mpy": bundle.Compiled("armv7m").joined(WITHOUT)}  # what takes long is the copying
    with chromium() as browser, bridged(files() | small, board.path) as (address, bridge):
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FAKE})
        page = Page(browser, address)
        page.click("#connect")
        page.until(lambda: "on the cable" in page.text("status") or page.text("trouble"), 180)
        assert not page.text("trouble")
        page.until_enabled("learn")
        page.learn_until(100)
        page.click("#save")
        page.until(lambda: page.text("saved") == "The board has saved it.")
        page.fill("until", "300")
        page.click("#learn")
        page.until(lambda: page.learnt > 150)
        bridge.unplug()
        page.until(lambda: "unplugged" in page.text("status"))
        board.reset()
        bridge.plug_in()
        page.until(lambda: page.learnt == 300 and "on the cable waits" in page.text("status"), 180)
        page.until(lambda: "which reports the same" in page.text("identity"))
        crc = page.crc
        page.until(lambda: page.text("saved") == "")
        page.click("#save")
        page.until(lambda: page.text("saved") == "The board has saved it.")
        page.click("#home")
        page.until(lambda: "in the page" in page.text("status"))
        assert not [line for line in browser.get_log("browser") if "/serial/" not in line["message"]]
    argv = ["train", "--data=digits", "--limit=300", f"--json={tmp_path / 'results.json'}"]
    assert cli.main(argv) == 0
    assert json.loads((tmp_path / "results.json").read_text())["conductance_crc"] == crc
    assert cli.main(["pull", f"--port={board.path}", str(tmp_path / "pulled.npz")]) == 0
    assert crc in capsys.readouterr().out
    assert list(installed(board.path)) == ["eqprop.mpy"]


def test_a_browser_without_web_serial_is_told_and_goes_on():
    with served() as address, chromium() as browser:
        browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument",
            {"source": "Object.defineProperty(Navigator.prototype, 'serial', { value: undefined })"},
        )
        page = Page(browser, address)
        page.click("#connect")
        page.until(lambda: page.text("trouble"))
        assert page.text("trouble") == (
            "this browser has no Web Serial: Chrome, Edge and Opera on a computer have it; the board in the page works "
            "in every browser"
        )
        page.learn_until(10)


def test_a_port_in_use_is_told_and_the_board_in_the_page_goes_on():
    with chromium() as browser, bridged(files(), "/nowhere") as (address, _):
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FAKE})
        page = Page(browser, address)
        page.click("#connect")
        page.until(lambda: page.text("trouble"))
        assert page.text("trouble") == (
            "the port cannot be opened (Failed to open serial port.): close the program that uses it, and connect again"
        )
        page.learn_until(10)
