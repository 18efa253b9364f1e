"""The studio's page, and a browser that opens it."""

import pytest

from support.browser import chromium
from support.studio_page import Page, served


@pytest.fixture(scope="module")
def address():
    with served() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with chromium(height=900) as found:
        yield found


@pytest.fixture
def page(browser, address):
    return Page(browser, address)
