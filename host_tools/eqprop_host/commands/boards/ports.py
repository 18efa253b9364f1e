"""List the ports where a board may be."""

from ...boards.ports import available_ports


def add_options(parser):
    """Add none."""


def run(_options):
    """Print them."""
    for url, text in available_ports():
        print(f"{url:<24}{text}")
