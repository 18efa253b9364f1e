"""How fast the studio's page is, in a headless Chromium. A benchmark, no test.

    PYTHONPATH=tests python benchmarks/studio.py [SECONDS [first]]

Prints the page's size, when it can be used, how many samples of the digits the board in the page learns in a second
while its crossbars are drawn, and when a person has taught it a first class. On a computer with other work, the CPU
time says what a free core would do: the board has one thread to itself, the drawing another. With the word `first`,
root lets the browser go before the other work while the board learns.
"""

import contextlib
import gzip
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains

from eqprop_host.studio import files
from eqprop_host.studio.folder import content
from support.browser import chromium
from support.studio_page import Page, served

WATCH = """
window.drawn = 0;
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
  if (this.canvas.parentElement?.parentElement?.id === "maps") window.drawn++;
  return put.apply(this, given);
};
(function look() {
  const learn = document.getElementById("learn");
  if (learn && !learn.disabled) window.usable = performance.now();
  else requestAnimationFrame(look);
})();
"""
"""What the page runs before its own scripts: counts drawings of crossbars, and notes when Learn can be pressed."""

CHOOSE_S, DRAW_S, PRESS_S = 3.0, 3.0, 1.0
"""A person's pace: to choose in a list, to draw a stroke, to press a button."""

EXAMPLES = 4
SHAPES = {0: [(0.5, 0.1), (0.5, 0.9)], 1: [(0.1, 0.5), (0.9, 0.5)]}


def threads(browser):
    """Return (number, name, CPU seconds so far) of each thread of a browser's processes."""
    parents, found = {}, []
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        fields, process = rest.split(), int(path.parts[2])
        parents[process] = int(fields[1])
        ticks = int(fields[11]) + int(fields[12])
        found.append((process, int(path.parts[4]), name, ticks / os.sysconf("SC_CLK_TCK")))

    def is_ours(process):
        while process in parents and process != browser.service.process.pid:
            process = parents[process]
        return process == browser.service.process.pid

    return [each for process, *each in found if is_ours(process)]


def cpu_seconds(browser, thread):
    """Return the CPU time so far of all threads of this name in a browser's processes."""
    return sum(seconds for _, name, seconds in threads(browser) if name == thread)


def put_first(browser):
    """Give a browser's threads precedence over all other work; it sets their priority itself when they start."""
    for number, _, _ in threads(browser):
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, number, -18)


def learning(page, seconds, first):
    """Return (samples, drawings of all crossbars, seconds, CPU seconds of the board's thread, of the drawing's)."""
    page.click("#learn")
    page.until(lambda: page.learnt > 20)
    if first:
        put_first(page.browser)

    worker, drawing = (partial(cpu_seconds, page.browser, thread) for thread in ("DedicatedWorker", "chromium"))

    def moment():
        learnt, drawn = page.learnt, page.run("return window.drawn") / 2
        return learnt, drawn, time.monotonic(), worker(), drawing()

    before = moment()
    time.sleep(seconds)
    after = moment()
    page.click("#learn")
    return [now - then for then, now in zip(before, after, strict=True)]


def first_class(page):
    """Teach two classes of drawings; return (seconds that a person takes, seconds that the page takes)."""
    pad = page.browser.find_element("id", "pad")
    side = pad.size["width"]
    person = 0.0
    began = time.monotonic()

    def draw(label):
        nonlocal person
        (x, y), end = [(round((x - 0.5) * side), round((y - 0.5) * side)) for x, y in SHAPES[label]]
        actions = ActionChains(page.browser, duration=20).move_to_element_with_offset(pad, x, y).click_and_hold()
        actions.move_to_element_with_offset(pad, *end).release().perform()
        person += DRAW_S

    page.choose("draw")
    person += CHOOSE_S
    for _ in range(EXAMPLES):
        for label in SHAPES:
            draw(label)
            page.teach(label)
            person += PRESS_S
    draw(0)
    answer = page.answer()
    if answer != "A":
        raise SystemExit(f"the board answers {answer} after {EXAMPLES} examples of two classes")
    return person, time.monotonic() - began


def main(arguments):
    """Measure and print; return the exit code."""
    seconds, first = float(arguments[0]) if arguments else 10.0, arguments[1:] == ["first"]
    with served() as address, chromium() as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        page = Page(browser, address)
        usable = page.run("return window.usable") / 1000
        print(f"usable {usable:.2f} s after the page was opened")
        for model in json.loads(content(files()["facts.json"]))["models"]:
            page.fill("model", model)
            page.until(lambda: page.run("return document.body.ariaBusy") == "false")
            page.until_enabled("learn")
            samples, drawn, wall, worker, main_thread = learning(page, seconds, first)
            print(
                f"{model}: {samples / wall:.0f} samples/s, crossbars drawn {drawn / wall:.0f} times/s; "
                f"{samples / worker:.0f} samples a second of CPU, {1000 * main_thread / max(1, drawn):.1f} ms a drawing"
            )
        person, waiting = first_class(page)
        print(f"first class taught {usable + person + waiting:.0f} s after opening: {person:.0f} s are the person's")
    built = {name: len(gzip.compress(content(data))) for name, data in files().items()}
    runtimes = sum(size for name, size in built.items() if name.startswith("runtime-"))
    print(f"size, compressed: {sum(built.values()) - runtimes:,} bytes, and {runtimes:,} for boards on a cable")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
