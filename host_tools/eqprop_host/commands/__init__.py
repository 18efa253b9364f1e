"""The commands of `eqprop`, one module each.

A module's docstring is its command's help; `add_options(parser)` says what may be typed behind it, and `run(options)`
does it and returns the exit code, None for 0. What goes wrong is raised as an `EqpropError`.
"""

from . import (
    bench,
    demo,
    deploy,
    evaluate,
    infer,
    log,
    monitor,
    ports,
    pull,
    push,
    report,
    simulate,
    study,
    sweep,
    train,
    undeploy,
)

COMMANDS = {
    "demo": demo,
    "train": train,
    "simulate": simulate,
    "sweep": sweep,
    "evaluate": evaluate,
    "infer": infer,
    "pull": pull,
    "push": push,
    "bench": bench,
    "monitor": monitor,
    "report": report,
    "log": log,
    "study": study,
    "deploy": deploy,
    "undeploy": undeploy,
    "ports": ports,
}
"""By the name that is typed, in the order in which help lists them."""
