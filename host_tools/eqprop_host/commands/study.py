"""Repeat a study: a table, a JSON and a plot from many runs."""

from ..studies import STUDIES


def add_options(parser):
    """Add the studies, each with its own options."""
    studies = parser.add_subparsers(dest="study", required=True, metavar="STUDY")
    for name, module in STUDIES.items():
        sub = studies.add_parser(name, help=module.__doc__, description=module.__doc__)
        module.add_options(sub)


def run(options):
    """Run the one that was named."""
    return STUDIES[options.study].run(options)
