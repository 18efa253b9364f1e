"""Learn on simulated rigs of real parts, through their SPI and I2C frames alone."""

from ...studies.rig import ROWS, SEEDS, compare, summary
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop study rig`."""
    add = parser.add_argument
    text = "runs of each row (default: " + ", ".join(f"{count} of {task}" for task, count in SEEDS.items()) + ")"
    add("--seeds", type=common.whole(1, 1000), metavar="N", help=text)
    text = "the first of their seeds (default: %(default)s)"
    add("--seed", type=common.whole(0, 2**31), metavar="N", default=0, help=text)
    tasks = sorted({row.task for row in ROWS})
    add("--only", choices=tasks, help="run only the rows of this task (default: all)")
    common.add_json(parser)


def run(options):
    """Print and write the table."""
    rows = [row for row in ROWS if options.only in (None, row.task)]
    done = compare(rows, options.seed, options.seeds, common.tell)
    print("| simulated rig | right at the end |\n|---|---|")
    for row in done:
        print(f"| {row['name']} | {summary(row)} |")
    common.write_json(options.json, {"rows": done, "seed": options.seed})
