"""List the ports where a board may be."""

from ...boards.ports import available_ports


def add_options(parser):
    """Add no options."""


def run(_options):
    """Print the ports."""
    for url, text in available_ports():
        print(f"{url:<24}{text}")
