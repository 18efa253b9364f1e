"""The report, opened in a real browser as its reader does, and the figures for a paper."""

import io
import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from eqprop_host import cli
from eqprop_host.errors import LogError
from eqprop_host.report import draw_figure, write_page
from eqprop_host.report.history import history
from eqprop_host.runlog import RunLog, open_log
from eqprop_sim.emulator.compiled_network import Network
from support.browser import chromium

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two runs of small networks, one whose name needs escaping, and one that was killed before its first epoch."""
    folder = tmp_path_factory.mktemp("report")
    for name, model in (("a.arrow", "hopfield"), ("b<script>&.jsonl", "resistive")):
        argv = [
            "simulate",
            "--data=iris",
            "--layers=4-6-3",
            "--epochs=4",
            f"--model={model}",
            "--seed=1",
            "--average=0",
        ]
        assert cli.main([*argv, f"--log={folder}/{name}"]) == 0
    RunLog(folder / "c.arrow", {"layers": "4-6-3"})._release()
    return [open_log(path) for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser, logs, tmp_path_factory):
    """The report of all logs, open in the browser."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, logs)
    browser.get(path.as_uri())
    return browser


def pixels(page):
    """Return the pixels of both maps, uint8."""
    read = (
        "return [...document.querySelectorAll('#maps canvas')].map(c => [...c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data])"
    )
    return [np.array(image, np.uint8) for image in page.execute_script(read)]


def move(page, moment):
    """Put the slider there as a user does, with the event that follows; return the sample number it shows."""
    script = (
        "const s = document.getElementById('slider'); s.value = arguments[0]; s.dispatchEvent(new Event('input'));"
        "return document.getElementById('moment').textContent"
    )
    return page.execute_script(script, moment)


def choose(page, run):
    script = "const s = document.getElementById('run'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))"
    page.execute_script(script, run)


def test_the_page_loads_without_an_error_and_shows_every_run(page, logs):
    """Catches a script that fails, something fetched from elsewhere, and a name of a file that ends the script."""
    for run in range(len(logs)):
        choose(page, run)
    assert page.get_log("browser") == []
    text = page.find_element("tag name", "body").text
    assert all(log.path.name in text for log in logs) and "3 runs, drawn by eqprop" in text
    assert "still going, or was killed" in text
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize(("run", "by_node"), [(0, ()), (1, (0,))], ids=["hopfield", "resistive"])
def test_the_slider_shows_the_conductances_of_its_moment(page, logs, run, by_node):
    """Catches a slider that draws the same map, one that is a moment off, and a map of rows for columns.

    by_node: crossbars that are stored with a row for each node, as they are drawn.
    """
    choose(page, run)
    past = history(logs[run])
    last = len(past.samples) - 1
    seen = []
    for moment in (0, last // 2, last):
        assert move(page, moment) == f"{past.samples[moment]:,}"
        seen.append(pixels(page))
        for c, image in enumerate(seen[-1]):
            steps = past.steps[c][moment] if c in by_node else past.steps[c][moment].T
            green = image[1::4].reshape(steps.shape)  # grows with the conductance on viridis
            order = np.argsort(steps, axis=None, kind="stable")
            shown = green.ravel()[order].astype(int)
            assert (np.diff(shown) >= 0).all() and shown[-1] > shown[0]
    for first, second in ((seen[0], seen[1]), (seen[1], seen[2])):
        assert not np.array_equal(first[0], second[0]) and not np.array_equal(first[1], second[1])


def test_another_run_is_drawn_when_it_is_chosen(page):
    choose(page, 0)
    first = pixels(page)
    choose(page, 1)
    assert not np.array_equal(first[0], pixels(page)[0])
    choose(page, 2)
    assert "nothing was logged" in page.find_element("id", "confusion").text


def test_the_curves_and_the_confusion_are_the_logs(page, logs):
    """Catches a curve of another column, and a table transposed."""
    choose(page, 0)
    (points,) = page.execute_script(
        "return [[...document.querySelector('#curves svg').querySelectorAll('circle')].map(c => +c.getAttribute('cy'))]"
    )
    errors = [row["test_error_percent"] for log in logs[:2] for row in log.metrics]
    assert len(points) == len(errors)
    assert np.corrcoef(points, errors)[0, 1] < -0.999
    cells = page.execute_script(
        "return [...document.querySelectorAll('.confusion td')].map(c => c.textContent === '·' ? 0 : +c.textContent)"
    )
    assert cells == logs[0].metrics[-1]["confusion"].tolist()


def test_a_screenshot_has_colours_where_the_maps_are(page):
    """The page is painted, not just made: the map's element shows many colours on the screen."""
    choose(page, 0)
    image = imread(io.BytesIO(page.find_element("css selector", "#maps canvas").screenshot_as_png))
    assert image.shape[0] > 60 and image.shape[1] > 800
    assert len(np.unique(image.reshape(-1, image.shape[2]), axis=0)) > 10


def test_histories_are_those_of_the_emulator(logs):
    """Catches moments that are not the exact ones, and figures of another axis."""
    log = logs[0]
    past = history(log, 7)
    network = Network("4-6-3", 1, log.configuration["lr_halving_samples"])
    features, labels = log.samples
    order = np.concatenate([row["order"] for row in log.read("steps")])
    assert past.samples == np.linspace(0, 480, 7).astype(int).tolist()
    before = []
    for k, sample in enumerate(past.samples):
        part = order[network.sample : sample]
        network.learn_all(features[part], labels[part])
        for c in range(2):
            g = network.conductances(c)
            assert np.array_equal(past.steps[c][k].ravel(), g)
            assert past.lowest_percent[c][k] == pytest.approx(100 * np.mean(g == network.g_min))
            assert past.quantiles[c][k, 2] == pytest.approx(np.median(g))
            if k:
                change = np.abs(g.astype(int) - before[c]).mean() / ((sample - past.samples[k - 1]) / 1000)
                assert past.updates[c][k - 1] == pytest.approx(change)
        before = [network.conductances(c).astype(int) for c in range(2)]


def test_figures_are_vector_and_raster(logs, tmp_path):
    draw_figure(tmp_path / "f.svg", logs, "svg")
    text = (tmp_path / "f.svg").read_text()
    ElementTree.fromstring(text)
    assert "test error (%)" in text and "b&lt;script&gt;" in text and "crossbar 1" in text
    draw_figure(tmp_path / "f.png", logs, "png")
    assert imread(tmp_path / "f.png").shape[:2] == (1560, 2100)


def test_the_command_writes_a_page_beside_the_log_or_figures(logs, tmp_path, capsys):
    shutil.copy(logs[0].path, tmp_path / "run.arrow")
    assert cli.main(["report", f"{tmp_path}/run.arrow"]) == 0
    assert cli.main(["report", f"{tmp_path}/run.arrow", f"--svg={tmp_path}/f.svg"]) == 0
    assert capsys.readouterr().out.split() == [f"{tmp_path}/run.html", f"{tmp_path}/f.svg"]
    with pytest.raises(SystemExit):
        cli.main(["report", f"{tmp_path}/run.arrow", f"--html={tmp_path}/run.arrow"])
    assert "run.arrow': a page is a .html file" in capsys.readouterr().err
    assert not re.search(r'(src|href)="(?!data:)', (tmp_path / "run.html").read_text())
    with pytest.raises(LogError, match="cannot be written"):
        write_page(tmp_path / "none" / "r.html", logs[:1])
