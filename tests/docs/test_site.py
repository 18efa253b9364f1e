"""The docs site is built without a warning, holds the generated reference, and loads nothing from elsewhere."""

import html
import os
import re
import subprocess
import sys

import pytest

from eqprop_host import commands
from eqprop_host.runlog import schema
from support.places import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_loads_nothing_from_elsewhere(site):
    """Catches fonts and scripts of a CDN: the site must work without a network connection."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"']?([^\"'\s>]+)", text)
        loaded += re.findall(
            r"<link[^>]*rel=[\"']?(?:stylesheet|preconnect|icon|preload)[^>]*href=[\"']?([^\"'\s>]+)", text
        )
        assert loaded and not [url for url in loaded if re.match(r"(https?:)?//", url)], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(https?:)?//|@import", style.read_text("utf-8")), style


def test_every_command_and_its_options_are_in_the_reference(site):
    page = html.unescape((site / "reference/commands.html").read_text("utf-8"))
    for command in commands.COMMANDS:
        assert re.search(rf"<h\d[^>]*>eqprop {command}\b", page), command
    for option in ("--lr-halving-epochs", "--log-budget", "--completion", "--repair"):
        assert option in page


def test_every_column_of_a_log_is_in_the_reference(site):
    page = (site / "reference/log.html").read_text("utf-8")
    for column in schema.COLUMNS:
        assert f"<code>{column.name}</code></td>" in page, column.name
    for table in schema.TABLES:
        assert f'id="table-{table}"' in page
