"""Stream a data set to a board, which learns it."""

import argparse
from pathlib import Path

from ...errors import DataError
from ...terminal.progress import show_progress
from ...training.config import LogConfig, layers_text
from ...training.run import logged_config, resume, train
from .. import options as common
from . import run_options


def add_options(parser):
    """Add the options of `eqprop train`."""
    common.add_port(parser)
    run_options.add_learning_options(parser)
    run_options.add_file_options(parser)
    text = "resume the run of this log, with its options"
    parser.add_argument("--resume", type=Path, metavar="LOG", help=text)


def run(options):
    """Train, write the requested files, and print the error and the CRC."""
    if options.resume:
        result = _resumed(options)
    else:
        config, log = run_options.config(options), run_options.log_config(options)
        run_options.check_files(options, config)
        with show_progress() as shown:
            result = train(
                config,
                board=options.port,
                log=log,
                on_progress=shown,
                tell=common.tell,
                read_model=bool(options.save),
            )
    run_options.write_results(options, result, port=options.port)
    return run_options.print_results(result)


def _resumed(options):
    """Resume the run of `--resume`; its port and files are only those typed now."""
    from ...runlog import open_log

    before = open_log(options.resume)
    config, every = logged_config(before)
    options.log = options.resume
    _check_typed(options, config, every, before)
    run_options.check_files(options, config)
    log = LogConfig(options.log, every, options.log_budget, options.tensorboard)
    with show_progress() as shown:
        return resume(log, options.port, on_progress=shown, tell=common.tell, read_model=bool(options.save))


def _check_typed(options, config, every, log):
    """Raise DataError for a typed option that differs from the run's own, and for a port that must be typed."""
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    own = [action.dest for action in parser._actions if action.dest not in _FREE]
    parser.set_defaults(**dict.fromkeys((*own, "port", "log")))  # None for options that were not typed
    typed = parser.parse_args(options.words)
    kept = {name: getattr(config, name, None) for name in own}
    kept |= {**config.reading.to_dict(), "log_every": every}
    layers = log.plan.layers
    kept |= {"layers": layers, "hidden": layers[1:-1]}
    for name in own:
        value = getattr(typed, name)
        if value is not None and value != kept[name]:
            shown = layers_text(value) if name in ("layers", "hidden") else value
            raise DataError(f"--{name.replace('_', '-')} {shown}: a resumed run keeps its own")
    if typed.log not in (None, options.resume):
        raise DataError(f"--log {typed.log}: a resumed run keeps its own")
    port = log.configuration.get("port", options.port)
    if typed.port is None and port != options.port:
        raise DataError(f"{log.path}: the run was on port {port}: add --port {port} to resume it there")


_FREE = ("port", "json", "log", "save", "picture", "log_budget", "tensorboard", "resume")
"""Options that may change when a run is resumed, and the log itself."""
