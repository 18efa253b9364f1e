"""The page in a real browser, as its user sees it."""

import json

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from eqprop_host import cli, datasets
from eqprop_host.model import Model
from eqprop_host.runlog import open_log
from support.studio_page import Page, served

pytestmark = [pytest.mark.slow, pytest.mark.micropython]


MISTAKES = "return [...document.querySelectorAll('#mistakes li')].map(each => each.textContent)"


def mistakes_are_of(page, cells):
    """Return whether six mistakes are shown, and a table of confusion, flat, has them all."""
    said = [words.split(", taken for ") for words in page.run(MISTAKES)]
    return len(said) == 6 and all(right != taken and cells[10 * int(right) + int(taken)] for right, taken in said)


def requests(browser):
    """Return the addresses of all requests since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]


@pytest.mark.parametrize("model", ["resistive", "hopfield"])
def test_the_board_in_the_page_learns_the_bits_that_sim_learns(page, model, tmp_path):
    """Catches samples in another order, a lost or doubled one, another rate, a kernel that computes otherwise."""
    page.fill("model", model)
    page.until(lambda: page.run("return document.body.ariaBusy") == "false")
    page.until_enabled("learn")
    page.learn_until(60)
    page.press("cut")  # its checkpoint is of sample 0: it learns all a second time
    page.learn_until(100)
    argv = ["train", "--data=digits", "--limit=100", f"--model={model}", f"--json={tmp_path / 'results.json'}"]
    assert cli.main(argv) == 0
    assert page.crc == json.loads((tmp_path / "results.json").read_text())["conductance_crc"]
    assert "restarted once" in page.text("status")


def test_any_data_set_of_the_host_is_learnt(browser, tmp_path):
    """A Parquet table of real numbers and named classes, as `eqprop record` and other tools write them."""
    names = np.array(["wave", "circle, slow", "rest"])
    source = np.random.default_rng(3)
    labels = source.integers(0, 3, 90)
    features = {f"axis {k}": 40.5 * (labels == k) + source.normal(20, 4, 90) for k in range(3)}
    table = tmp_path / "gestures.parquet"
    parquet.write_table(pyarrow.table({**features, "label": names[labels]}), table)
    with served(datasets.load(str(table))) as address:
        page = Page(browser, address)
        page.learn_until(100)
        assert page.run("return document.getElementById('source').selectedOptions[0].textContent") == str(table)
        assert "circle, slow (" in page.text("classes")
        crc = page.crc
    argv = ["train", f"--data={table}", "--layers=3-32-3", "--limit=100", f"--json={tmp_path / 'results.json'}"]
    assert cli.main(argv) == 0
    assert crc == json.loads((tmp_path / "results.json").read_text())["conductance_crc"]


def test_the_page_shows_what_the_board_learns(page):
    """Catches a map that stands still or is lost with a new lesson, errors that are not counted, a missing answer."""
    read = "return [...document.querySelectorAll('#maps canvas')].map(c => c.toDataURL())"
    page.until(lambda: len(page.run(read)) == 2)
    page.click("#restart")
    page.until(lambda: page.run("return document.body.ariaBusy") == "false" and len(page.run(read)) == 2)
    before = page.run(read)
    page.learn_until(150)
    after = page.run(read)
    assert before[0] != after[0] and before[1] != after[1]
    assert 10 < float(page.text("error").removesuffix(" %")) < 80
    page.press("test")
    page.until(lambda: page.text("tested").endswith(" %"))
    cells = page.run(
        "return [...document.querySelectorAll('#confusion td:not(.corner)')].map(c => +c.textContent || 0)"
    )
    assert sum(cells) == 360
    wrong = 360 - sum(cells[::11])
    assert page.text("tested") == f"{100 * wrong / 360:.1f} %"
    page.until(lambda: mistakes_are_of(page, cells))
    page.press("another")
    assert page.answer() in "0123456789" and " sure: " in page.text("answer")
    assert page.run("return document.querySelectorAll('#bars li').length") == 10
    assert page.browser.get_log("browser") == []


def test_a_question_that_fails_is_told_and_the_next_is_answered(page):
    """Caught: after it, the page asked nothing more until the lesson began again."""
    page.run("""
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message, ...more) {
          if (message.request?.do === "ask") {
            Worker.prototype.postMessage = post;
            message.request = { do: "start", layers: [1], model: "hopfield", seed: 0, lr_halving_samples: 0 };
          }
          return post.call(this, message, ...more);
        };
    """)
    page.press("another")
    page.until(lambda: page.text("trouble"))
    page.press("another")
    page.until(lambda: page.run("return document.getElementById('answer').ariaBusy") == "false")


@pytest.mark.parametrize("model", ["resistive", "hopfield"])
def test_one_sample_is_shown_phase_by_phase_and_learnt_by_the_board(page, model):
    """The page computes the phases on a copy; the board's own conductances must then be those that they end with."""
    page.fill("model", model)
    page.until(lambda: page.run("return document.body.ariaBusy") == "false")
    page.learn_until(5)
    page.until_enabled("step")
    page.press("step")
    page.until(lambda: page.learnt == 6)
    phases = page.run("return [...document.querySelectorAll('#phases button')].map(b => b.textContent)")
    assert phases == ["1 free phase", "2 nudged towards the answer", "3 nudged away from it", "4 update"]
    strips = []
    for n in range(4):
        page.click(f"#phases button:nth-child({n + 1})")
        strips.append(page.run("return [...document.querySelectorAll('#nodes .strip canvas')].map(c => c.toDataURL())"))
    assert [len(each) for each in strips] == [2, 2, 2, 0] and strips[0][1] != strips[1][1] != strips[2][1]
    page.until(lambda: f"conductances are the same: CRC {page.crc}" in page.text("phase"))
    assert page.run("return document.querySelectorAll('#nodes figure').length") == 3
    assert page.browser.get_log("browser") == []


@pytest.mark.parametrize("model", ["resistive", "hopfield"])
def test_the_host_tools_take_what_the_page_gives(page, model, tmp_path, capsys):
    """Catches a field that is missing, conductances of another shape, a log whose samples do not lead to them."""
    page.save_into(tmp_path)
    page.fill("model", model)
    page.until(lambda: page.run("return document.body.ariaBusy") == "false")
    for sample in (50, 100):
        page.learn_until(sample)
        page.press("test")
        page.until(lambda: page.text("tested").endswith(" %"))
    error, crc = page.text("tested"), page.crc
    for name in ("network", "log"):
        page.click(f"#{name}")
    network, log = tmp_path / "network.npz", tmp_path / "run.jsonl"
    page.until(lambda: network.exists() and log.exists())

    model = Model.load(network)
    assert f"{model.crc:08x}" == crc and model.sample == 100
    assert cli.main(["evaluate", str(network), f"--json={tmp_path / 'results.json'}"]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert f"{results['test_error_percent']:.1f} %" == error
    capsys.readouterr()
    assert cli.main(["push", str(network), "--port=sim:"]) == 0
    assert f"64-32-10 after 100 samples, conductance CRC {crc}" in capsys.readouterr().out

    assert cli.main(["log", "verify", str(log)]) == 0
    opened = open_log(log)
    assert opened.end == "closed" and not opened.dropped and [row["sample"] for row in opened.metrics] == [50, 100]
    assert all(np.array_equal(g.ravel(), h) for g, h in zip(opened.conductances(100), model.conductances, strict=True))
    assert f"{opened.metrics[-1]['test_error_percent']:.1f} %" == error
    assert cli.main(["report", str(log)]) == 0


def test_nothing_is_requested_off_the_page(browser, address):
    """Catches a font, a script or a picture from elsewhere, and a request after the page has loaded."""
    requests(browser)
    page = Page(browser, address)
    asked = requests(browser)
    assert asked and all(url.startswith((address, "data:")) for url in asked)
    page.learn_until(20)
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
    refused, title = page.browser.execute_async_script(script)
    assert set(refused) == {"connect-src", "script-src-elem"} and title == "eqprop studio"
    page.browser.get_log("browser")  # which tells of both


def test_a_wrong_number_is_told_in_the_page(page):
    page.fill("seed", "-3")
    page.click("#restart")
    page.until(lambda: page.text("trouble"))
    assert page.text("trouble") == "seed: expected a whole number in 0..4294967295, got -3"
    page.fill("seed", "3")
    page.click("#restart")
    page.until(lambda: not page.text("trouble"))
