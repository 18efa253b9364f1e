"""The studio's page in a browser, and what its user does there."""

import contextlib
import threading
import time

from eqprop_host.studio import Server, files

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


class Page:
    """The page, open in a browser, whose board has its network."""

    def __init__(self, browser, address):
        self.browser = browser
        self.run = browser.execute_script
        browser.get(address)
        self.until_enabled("learn")

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

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).click()", selector)

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

    def learn_until(self, sample, seconds=120):
        """Rehearse the data set until so many samples are learnt."""
        self.fill("until", str(sample))
        self.click("#learn")
        self.until(lambda: self.learnt == sample and self.text("learn") == "Learn", seconds)

    def choose(self, source):
        """Begin a lesson of this source, which forgets the samples of the one before."""
        self.fill("source", source)
        self.run("document.querySelector('dialog[open] button[value=yes]')?.click()")
        self.until(lambda: self.run("return document.body.ariaBusy") == "false")
        self.until_enabled("learn")

    def teach(self, label):
        """Press the button of a class, and wait until the board has learnt it."""
        before = self.learnt
        self.click(f"#classes button[data-label='{label}']")
        self.until(lambda: self.learnt > before and "waits" in self.text("status"))

    def answer(self):
        """Wait for the answer to what was shown last; return its class's name."""
        self.until(lambda: self.run("return document.getElementById('answer').ariaBusy") == "false")
        return self.text("answer").partition(",")[0]
