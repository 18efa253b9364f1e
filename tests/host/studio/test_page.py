"""The page in a real browser, as its user sees it."""

import contextlib
import json
import threading
import time

import pytest

from eqprop_host import cli
from eqprop_host.studio import Server, files
from support.browser import chromium

pytestmark = [pytest.mark.slow, pytest.mark.micropython]

READY_S = 30  # a machine that is busy with other tests


@contextlib.contextmanager
def served():
    """Yield the address of the page on a server."""
    with Server(files()) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def address():
    with served() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser, address):
    """The page, just opened, whose board has its network."""
    browser.get(address)
    until(browser, lambda: enabled(browser, "learn"))
    return browser


def until(browser, holds, seconds=READY_S):
    """Wait until holds()."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, (browser.find_element("tag name", "body").text, browser.get_log("browser"))
        time.sleep(0.02)


def text(browser, name):
    return browser.execute_script("return document.getElementById(arguments[0]).textContent", name)


def enabled(browser, name):
    return browser.execute_script("return !document.getElementById(arguments[0]).disabled", name)


def click(browser, name):
    browser.execute_script("document.getElementById(arguments[0]).click()", name)


def fill(browser, name, value):
    script = (
        "const e = document.getElementById(arguments[0]); e.value = arguments[1]; e.dispatchEvent(new Event('change'))"
    )
    browser.execute_script(script, name, value)


def learnt(browser):
    return int(text(browser, "sample").replace(",", ""))


def learn_until(browser, sample, seconds=120):
    fill(browser, "until", str(sample))
    click(browser, "learn")
    until(browser, lambda: learnt(browser) == sample and text(browser, "learn") == "Learn", seconds)


def conductance_crc(browser):
    return text(browser, "identity").rpartition(" ")[2]


def requests(browser):
    """Return the addresses of all requests since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]


@pytest.mark.parametrize("model", ["resistive", "hopfield"])
def test_the_board_in_the_page_learns_the_bits_that_sim_learns(page, model, tmp_path):
    """Catches samples in another order, a lost or doubled one, another rate, a kernel that computes otherwise."""
    fill(page, "model", model)
    until(page, lambda: enabled(page, "learn"))
    learn_until(page, 150)
    click(page, "cut")  # its checkpoint is of sample 0: it learns all a second time
    learn_until(page, 200)
    argv = ["train", "--data=digits", "--limit=200", f"--model={model}", f"--json={tmp_path / 'results.json'}"]
    assert cli.main(argv) == 0
    assert conductance_crc(page) == json.loads((tmp_path / "results.json").read_text())["conductance_crc"]
    assert "restarted once" in text(page, "status")


def test_the_page_shows_what_the_board_learns(page):
    """Catches a map that stands still, errors that are not counted, an answer that never comes."""
    read = "return [...document.querySelectorAll('#maps canvas')].map(c => c.toDataURL())"
    before = page.execute_script(read)
    assert len(before) == 2
    learn_until(page, 300)
    after = page.execute_script(read)
    assert before[0] != after[0] and before[1] != after[1]
    assert 10 < float(text(page, "error").removesuffix(" %")) < 70
    click(page, "test")
    until(page, lambda: text(page, "tested").endswith(" %"))
    cells = page.execute_script(
        "return [...document.querySelectorAll('#confusion td:not(.corner)')].map(c => +c.textContent || 0)"
    )
    assert sum(cells) == 360
    wrong = 360 - sum(cells[::11])
    assert text(page, "tested") == f"{100 * wrong / 360:.1f} %"
    click(page, "another")
    until(page, lambda: " sure: " in text(page, "answer"))
    assert page.execute_script("return document.querySelectorAll('#bars li').length") == 10
    assert page.get_log("browser") == []


def test_nothing_is_requested_off_the_page(browser, address):
    """Catches a font, a script or a picture from elsewhere, and a request after the page has loaded."""
    requests(browser)
    browser.get(address)
    until(browser, lambda: enabled(browser, "learn"))
    asked = requests(browser)
    assert asked and all(url.startswith((address, "data:")) for url in asked)
    learn_until(browser, 20)
    assert requests(browser) == []
    assert browser.get_log("browser") == []


def test_the_pages_policy_forbids_what_it_does_not_need(page):
    """Catches a policy that lets a script of the page's text run, or one from elsewhere."""
    script = """
        const done = arguments[0], refused = [];
        document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
        const inline = document.createElement("script");
        inline.textContent = "document.title = 'taken'";
        document.body.append(inline);
        const finish = () => setTimeout(() => done([refused, document.title]), 100);
        fetch("https://example.org/").then(finish, finish);
    """
    refused, title = page.execute_async_script(script)
    assert set(refused) == {"connect-src", "script-src-elem"} and title == "eqprop studio"
    page.get_log("browser")  # which tells of both


def test_a_wrong_number_is_told_in_the_page(page):
    fill(page, "seed", "-3")
    click(page, "restart")
    until(page, lambda: text(page, "trouble"))
    assert text(page, "trouble") == "seed: expected a whole number in 0..4294967295, got -3"
    fill(page, "seed", "3")
    click(page, "restart")
    until(page, lambda: not text(page, "trouble"))
