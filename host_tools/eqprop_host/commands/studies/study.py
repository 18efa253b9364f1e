"""Repeat a study: a table, a JSON and a plot from many runs."""

from ... import studies


def add_options(parser):
    """Add the studies, each with its own options."""
    choices = parser.add_subparsers(dest="study", required=True, metavar="STUDY")
    for name, module in studies.STUDIES.items():
        sub = choices.add_parser(name, help=module.__doc__, description=module.__doc__)
        module.add_options(sub)


def run(options):
    """Run the one that was named."""
    return studies.STUDIES[options.study].run(options)
