"""Stream a data set to a board, which learns it, or whose own program does."""

import argparse
from pathlib import Path

from ...errors import DataError
from ...field.listener import listening
from ...field.teaching import Teacher
from ...terminal.printing import printable
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
    text = (
        "train the network of the program that runs on the board, with features that it computed (`eqprop record`); "
        "the program has its own layers and learning rate"
    )
    parser.add_argument("--program", action="store_true", help=text)
    text = "the program's classes with --program, in the order of its labels, such as wave,circle"
    parser.add_argument("--classes", metavar="NAMES", type=common.names, default=(), help=text)


def run(options):
    """Train, write the requested files, and print the error and the CRC."""
    if options.program:
        return _train_program(options)
    if options.classes:
        raise DataError("--classes: names the classes of a program: add --program")
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


def _train_program(options):
    """Have the board's program learn a data set, and save; print and write the test error."""
    for word in options.words:
        name = word.partition("=")[0]
        if name.startswith("--") and name[2:].replace("-", "_") not in _OF_PROGRAMS:
            raise DataError(f"{name}: not with --program, whose program has its own")
    dataset = common.load_data(options.data, options)
    with listening(options.port, common.tell) as listener:
        teacher = Teacher(listener)
        about = f"{printable(teacher.about.identity)}, {layers_text(teacher.about.layers)}"
        common.tell(f"teaching {len(dataset.labels)} samples to {about}")
        tested, wrong = teacher.train(dataset, options.classes, options.seed, lambda _: None)
        saved = teacher.save()
    print(f"{teacher.taught} samples learnt by {about}; {'' if saved else 'not '}saved")
    error = 100 * wrong / tested if tested else None
    if tested:
        print(f"test error {error:.1f} %: {wrong} of {tested} answered wrongly just before they were learnt")
    else:
        print("too few samples for a test: five of each class are needed")
    results = {"test_error_percent": error, "training_samples": teacher.taught, "seed": options.seed, "saved": saved}
    common.write_json(options.json, results)
    if not saved:
        raise teacher.unsaved()
    return 0


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
    kept |= {name: log.configuration.get(name, 0.0) for name in ("blank", "average")}
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


_OF_PROGRAMS = ("program", "port", "data", "classes", "seed", "json", *common.READING)
"""Options that go with --program."""

_FREE = ("port", "json", "log", "save", "picture", "log_budget", "tensorboard", "resume", "program", "classes")
"""Options that may change when a run is resumed, and the log itself."""
