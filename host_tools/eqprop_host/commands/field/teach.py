"""Teach a running board: it shows what the board answers, you type the right label, and the board learns it."""

import contextlib

from ...errors import DataError
from ...field import records
from ...field.listener import listening
from ...field.teaching import Teacher, label_of
from ...field.typed import Typed
from ...field.watching import Watch
from ...terminal.interrupts import on_ctrl_c
from .. import options as common
from .listening import add_listening

_HELP = "type the right label and Enter; only Enter: the answer is right; q: end"


def add_options(parser):
    """Add the options of `eqprop teach`."""
    add_listening(parser, required=True)
    text = "teach a data set of the program's own features, as `eqprop record` keeps them, and end"
    parser.add_argument("--from", dest="data", metavar="SOURCE", help=text)
    common.add_reading(parser)
    common.add_json(parser, "write how many samples were taught, and how many were answered rightly before, as JSON")


def run(options):
    """Teach until q, the end of the input or Ctrl-C; then have the program save what it learnt."""
    with listening(options.port, common.tell) as listener, on_ctrl_c() as interrupt:
        teacher = Teacher(listener)
        watch = Watch(listener, options.classes)

        def tell(each):
            line = watch.take(each)
            if line is not None:
                print(line, flush=True)

        if options.data:
            teacher.replay(common.load_data(options.data, options), options.classes, tell)
        else:
            common.tell(_HELP)
            _converse(listener, teacher, watch, options.classes, tell, interrupt)
        saved = bool(teacher.taught) and teacher.save()
        with contextlib.suppress(IndexError):
            for each in listener.poll():
                tell(each)
    right = 100 * teacher.right / max(1, teacher.taught)
    print(
        f"{teacher.taught} samples taught, {right:.1f} % were answered rightly before; {'' if saved else 'not '}saved"
    )
    common.write_json(options.json, {"training_samples": teacher.taught, "right_before_percent": right, "saved": saved})
    if teacher.taught and not saved:
        raise teacher.unsaved()


def _converse(listener, teacher, watch, class_names, tell, interrupt):
    """Teach what is typed, each line about the last answer that was shown."""
    typed, shown = Typed(), None
    while not (typed.ended or interrupt.requested):
        for each in listener.poll():
            tell(each)
            if isinstance(each, records.Answer):
                shown = each
        line = typed.line()
        if line is None:
            continue
        if line == "q":
            return
        try:
            if shown is None:
                raise DataError("no answer yet: a label needs one")
            label = label_of(line, class_names, teacher.about.layers[-1]) if line else shown.label
            if not line:
                tell(f"right: {watch.label(label)}")
            elif teacher.correct(shown, label):
                shown = None
        except DataError as error:
            common.tell(error)
