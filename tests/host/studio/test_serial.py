"""A board at the end of a cable: an emulated Cortex-M3 as it is bought, behind a fake Web Serial."""

import json
from types import SimpleNamespace

import pytest

from eqprop_host import cli
from eqprop_host.deploy import bundle
from eqprop_host.deploy.deployment import MARK
from eqprop_host.deploy.serving import program
from eqprop_host.studio import files
from support.boards.blank_board import mpremote, probe, put
from support.browser import chromium
from support.serial_bridge import bridged, give_serial
from support.studio_page import Page

HANGS_S = 1500  # the most for an emulated board, on a machine that is busy with other tests
WITHOUT = ("resistive", "features", "telemetry", "chip", "extras", "bench")  # parts that the test does not need
ON_TCP = program(SimpleNamespace(lib="/lib"), 0, "tcp")  # main.py of a board that serves there

pytestmark = [pytest.mark.slow, pytest.mark.micropython]


@pytest.fixture(scope="module")
def browser():
    with chromium(height=900) as found:
        give_serial(found)
        yield found


def test_a_blank_board_is_deployed_taught_unplugged_and_pulled(browser, blank, tmp_path, capsys):
    """Catches a sample that is learnt twice or never over the unplugging, and a board that differs from its twin.

    The board serves from power-on, so that after the unplugging nobody starts it.
    """
    board = blank("cortex-m3")
    board.prompt()
    put(board, {"main.py": "print('mine')"})
    small = {"runtime-armv7em.mpy": bundle.Compiled("armv7em").joined(WITHOUT)}  # what takes long is the copying
    with bridged(files() | small, board.path) as (address, bridge):
        page = Page(browser, address)
        page.click("#boot")
        page.click("#connect")
        page.until(lambda: page.text("trouble"))
        assert page.text("trouble").startswith("/main.py on the board is not eqprop's: let it end with")
        put(board, {"main.py": ON_TCP})
        page.click("#connect")
        page.until(lambda: page.text("trouble").startswith("the board serves"))
        assert page.text("trouble") == (
            "the board serves on tcp after power-up: type `eqprop deploy --serve usb`, then connect again"
        )
        page.click("#dismiss")
        mpremote(board, "fs", "rm", ":main.py")
        page.click("#connect")
        page.until(lambda: "on the cable" in page.text("status") or page.text("trouble"), HANGS_S)
        assert not page.text("trouble")
        page.until_enabled("learn")
        page.learn_until(40)
        page.press("save")
        page.until(lambda: page.text("saved") == "The board has saved it.")
        bridge.bytes_left = 40 * 64  # within the samples that follow
        page.fill("until", "120")
        page.press("learn")
        page.until(lambda: "unplugged" in page.text("status"))
        board.reset()
        bridge.plug_in()
        page.until(lambda: page.learnt == 120 and "on the cable waits" in page.text("status"), HANGS_S)
        page.until(lambda: "which reports the same" in page.text("identity"))
        crc = page.crc
        page.until(lambda: page.text("saved") == "")
        page.press("save")
        page.until(lambda: page.text("saved") == "The board has saved it.")
        page.click("#home")
        page.until(lambda: "in the page" in page.text("status"))
        assert not [line for line in browser.get_log("browser") if "/serial/" not in line["message"]]
    argv = ["train", "--data=digits", "--limit=120", f"--json={tmp_path / 'results.json'}"]
    assert cli.main(argv) == 0
    assert json.loads((tmp_path / "results.json").read_text())["conductance_crc"] == crc
    assert cli.main(["pull", f"--port={board.path}", str(tmp_path / "pulled.npz")]) == 0
    assert crc in capsys.readouterr().out
    found = probe(board.path)
    assert list(found["installed"]) == ["eqprop.mpy"] and found["starts"].startswith(MARK)


def test_a_browser_without_web_serial_is_told_and_goes_on(page):
    page.run("Object.defineProperty(navigator, 'serial', { value: undefined })")
    page.click("#connect")
    page.until(lambda: page.text("trouble"))
    assert page.text("trouble") == (
        "this browser has no Web Serial: Chrome, Edge and Opera on a computer have it; the board in the page works "
        "in every browser"
    )
    page.learn_until(10)


def test_a_port_in_use_is_told_and_the_board_in_the_page_goes_on(browser):
    with bridged(files(), "/nowhere") as (address, _):
        page = Page(browser, address)
        page.click("#connect")
        page.until(lambda: page.text("trouble"))
        assert page.text("trouble") == (
            "the port cannot be opened (Failed to open serial port.): close the program that uses it, and connect again"
        )
        page.learn_until(10)
