"""The page on a phone and a projector, light and dark, and by keyboard alone."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.micropython]

CONTRASTS = r"""
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    const ground = (each) => {
      for (let e = each; e; e = e.parentElement) {
        const [r, g, b, a = 1] = numbers(getComputedStyle(e).backgroundColor);
        if (a === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll("h1, h2, p, label, dt, dd, figcaption, th, button:enabled, select, li span")]
      .filter((each) => each.offsetParent && each.textContent.trim())
      .map((each) => [light(numbers(getComputedStyle(each).color)), light(ground(each))])
      .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
"""
"""The contrast of each text with its ground, as WCAG 2.2 computes it."""


NAMELESS = """
    return [...document.querySelectorAll("button, select, input, canvas, meter")]
      .filter((each) => each.offsetParent && !each.textContent.trim() && !each.ariaLabel && !each.labels?.length)
      .map((each) => each.outerHTML);
"""


def test_the_page_fits_and_is_readable(page):
    """Catches a part that is wider than a phone, a button without a name, and words too pale for their ground."""
    page.learn_until(40)
    page.until_enabled("step")
    page.press("step")
    page.until(lambda: page.learnt == 41 and page.run("return document.getElementById('phases').childElementCount"))
    for width in (390, 1200):
        size = {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": width < 500}
        page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for scheme in ("light", "dark"):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            assert page.run("return document.documentElement.scrollWidth") <= width
            assert page.run(NAMELESS) == []
            assert min(page.run(CONTRASTS)) >= 4.5, (width, scheme)  # WCAG 2.2, AA
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_keys_alone_teach_and_learn(page):
    """Catches a control that no key reaches."""
    from selenium.webdriver.common.keys import Keys

    page.run("window.reached = []; addEventListener('focusin', ({ target }) => reached.push(target.id))")
    page.browser.switch_to.active_element.send_keys(60 * Keys.TAB)
    expected = {"connect", "source", "clear", "model", "seed", "learn", "until", "another", "export", "network"}
    assert expected <= set(page.run("return reached"))
    page.fill("until", "20")
    page.browser.find_element("id", "learn").send_keys(Keys.SPACE)
    page.until(lambda: page.learnt == 20)
