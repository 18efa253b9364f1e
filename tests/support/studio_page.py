"""The studio's page in a browser, and what its user does there."""

import contextlib
import threading
import time

from eqprop_host.studio import Server, files

READY_S = 120  # the most; a machine may be busy with other tests


_ANSWER = """
    const place = document.getElementById("answer"), done = arguments[0];
    const look = () => {
      if (place.ariaBusy === "false") done(place.textContent);
      else new MutationObserver((_, each) => (each.disconnect(), look())).observe(place, { attributes: true });
    };
    look();
"""


@contextlib.contextmanager
def served(dataset=None):
    """Yield the address of the page on a server; dataset: the one that it begins with, instead of the digits."""
    with Server(files(dataset=dataset)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class Page:
    """The page, open in a browser, whose board has its network."""

    def __init__(self, browser, address):
        self.browser = browser
        self.run = browser.execute_script
        browser.set_script_timeout(READY_S)
        browser.get(address)
        self.until_enabled("restart")

    def until(self, holds, seconds=READY_S):
        """Wait until holds()."""
        deadline = time.monotonic() + seconds
        while not holds():
            body = self.browser.find_element("tag name", "body")
            assert time.monotonic() < deadline, (body.text, self.browser.get_log("browser"))
            time.sleep(0.02)

    def until_enabled(self, name):
        self.until(lambda: self.run("return !document.getElementById(arguments[0]).disabled", name))

    def text(self, name):
        return self.run("return document.getElementById(arguments[0]).textContent", name)

    @property
    def seen(self):
        """What the network sees, as the page shows it: grey levels, row by row."""
        script = (
            "const c = document.getElementById('input');"
            "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
        )
        return self.run(script)

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).click()", selector)

    def press(self, name):
        """Press a button as soon as it can be pressed: it cannot while the board builds its network."""
        script = "const b = document.getElementById(arguments[0]); if (b.disabled) return false; b.click(); return true"
        self.until(lambda: self.run(script, name))

    def fill(self, name, value):
        script = (
            "const field = document.getElementById(arguments[0]);"
            "field.value = arguments[1]; field.dispatchEvent(new Event('change'))"
        )
        self.run(script, name, value)

    @property
    def learnt(self):
        """How many samples the page says were learnt."""
        return int(self.text("sample").replace(",", ""))

    @property
    def crc(self):
        """The CRC of the conductances that the page shows."""
        return self.text("identity").rpartition(" ")[2]

    def learn_until(self, sample, seconds=300):
        """Rehearse the data set until so many samples are learnt."""
        self.fill("until", str(sample))
        self.press("learn")
        self.until(lambda: self.learnt == sample and self.text("learn") == "Learn", seconds)

    def save_into(self, folder):
        """Save the files that the page gives into this folder."""
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})

    def choose(self, source):
        """Begin a lesson of this source, which forgets the samples of the one before."""
        self.fill("source", source)
        self.run("document.querySelector('dialog[open] button[value=yes]')?.click()")
        self.until(lambda: self.run("return document.body.ariaBusy") == "false")
        self.until_enabled("restart")

    def teach(self, label):
        """Press the button of a class, and wait until the board has learnt it."""
        before = self.learnt
        self.click(f"#classes button[data-label='{label}']")
        self.until(lambda: self.learnt > before and "waits" in self.text("status"))

    def answer(self):
        """Wait for the answer to what the page shows; return its class's name."""
        return self.browser.execute_async_script(_ANSWER).partition(",")[0]
