"""Debian's chromium, headless, for tests of pages."""

import contextlib
import shutil

import pytest

from support.surroundings import IN_CI


@contextlib.contextmanager
def chromium(*arguments, width=1120, height=2400):
    """Yield a browser, started with further arguments; without one a test fails in CI and is skipped elsewhere."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        (pytest.fail if IN_CI else pytest.skip)("needs the packages chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    usual = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    for argument in (*usual, f"--window-size={width},{height}", *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield found
    finally:
        found.quit()
