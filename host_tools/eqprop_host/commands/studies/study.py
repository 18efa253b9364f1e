"""Repeat a study: a table, a JSON and a plot from many runs."""

from . import study_fleet, study_learning, study_mismatch, study_mnist, study_regression, study_rig, study_spice

STUDIES = {
    "fleet": study_fleet,
    "learning": study_learning,
    "mismatch": study_mismatch,
    "mnist": study_mnist,
    "regression": study_regression,
    "rig": study_rig,
    "spice": study_spice,
}
"""The module of each study, by its name, in the order of the help."""


def add_options(parser):
    """Add the studies, each with its own options."""
    choices = parser.add_subparsers(dest="study", required=True, metavar="STUDY")
    for name, module in STUDIES.items():
        sub = choices.add_parser(name, help=module.__doc__, description=module.__doc__)
        module.add_options(sub)


def run(options):
    """Run the chosen study."""
    return STUDIES[options.study].run(options)
