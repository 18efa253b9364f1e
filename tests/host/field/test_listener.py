"""A host that listens to a program: on a real interpreter, and what it says when there is nothing to hear."""

import contextlib
import os
import signal
import threading
import time

import pytest

from eqprop_host import cli
from eqprop_host.boards import ports
from eqprop_host.errors import ProtocolError
from eqprop_host.field import listener as listening
from eqprop_host.field import records
from eqprop_host.field.journal import Parts
from eqprop_host.field.listener import Listener
from eqprop_host.runlog import open_log
from eqprop_host.runlog.replay import network_at
from eqprop_sim import terminals
from support.boards.program_board import ProgramBoard
from support.places import PROGRAMS


@pytest.fixture
def program(unix_micropython):
    """A function that starts programs/telling_on.py and returns its `ProgramBoard`."""
    with contextlib.ExitStack() as running:

        def start(*arguments, script="telling_on.py"):
            board = ProgramBoard(unix_micropython, PROGRAMS / script, *arguments)
            return running.enter_context(contextlib.closing(board))

        yield start


@pytest.fixture
def silent():
    """The path of a port where nobody answers."""
    board, host = terminals.open_port()
    yield os.ttyname(host), board
    os.close(board)
    os.close(host)


def opened(path):
    return contextlib.closing(Listener(lambda: ports.open_stream(path, path), path))


def test_a_hundred_records_a_second_beside_prints_arrive_whole(program):
    """Catches: a record torn by a print, a print torn by a record, one that is lost without being counted."""
    with opened(program(400).path) as listener:
        found, until = [], time.monotonic() + 30
        while not any(each == "round 399 of a program that prints beside what it tells" for each in found):
            found += listener.poll()
            assert time.monotonic() < until
    lines = [each for each in found if isinstance(each, str)]
    answers = [each for each in found if isinstance(each, records.Answer)]
    assert lines == [f"round {n} of a program that prints beside what it tells" for n in range(400)]
    assert listener.torn == 0 and listener.missing <= listener.health.dropped + 2
    assert [answer.us for answer in answers] == sorted(answer.us for answer in answers)
    assert len(answers) + listener.missing + listener.health.dropped >= 395


def test_a_program_is_monitored_and_its_log_replayed(program, tmp_path, monkeypatch, capsys):
    """As a user types it, and presses Ctrl-C once the map was whole twice.

    Catches: steps that are logged for other samples, a map that is never whole.
    """
    log = tmp_path / "run.arrow"
    whole = []
    add = Parts.add

    def stop(parts, record):
        found = add(parts, record)
        if found:
            whole.append(record.sample)
            if whole[-1] > whole[0] + 10:
                monkeypatch.setattr(Parts, "add", add)
                signal.raise_signal(signal.SIGINT)
        return found

    monkeypatch.setattr(Parts, "add", stop)
    port = program(100_000, "heard").path
    assert cli.main(["monitor", "--port", port, "--classes", "left,right", "--log", str(log)]) == 0
    out = capsys.readouterr().out
    assert "answer: " in out and "learnt: left" in out and "fault: sensor: absent" in out
    assert "eqprop 0.2.0 micropython" in out and out.splitlines()[-1].startswith("sample ")
    assert cli.main(["report", str(log), "--html", str(tmp_path / "page.html")]) == 0
    run = open_log(log)
    names = {event["event"] for event in run.events}
    assert {"connect", "answer", "learnt", "fault", "health"} <= names and run.end == "closed"
    assert all(event["board_ticks_us"] is not None for event in run.events)
    assert run.class_names == ("left", "right") and run.metrics
    first, last = run.logged[0], run.logged[-1]
    assert last > first + 10
    assert network_at(run, last - 1).sample == last - 1  # compared with the conductances logged at `last`
    assert cli.main(["monitor", str(log)]) == 0


def test_a_program_that_does_not_speak_is_named(silent, monkeypatch, capsys):
    """In one line that says what to do. Catches a command that waits for ever."""
    monkeypatch.setattr(listening, "_FIRST_S", 1.0)
    path, board = silent
    over = threading.Event()

    def count():
        while not over.wait(0.1):
            os.write(board, b"hello, I count\r\n")

    counting = threading.Thread(target=count)
    counting.start()
    try:
        assert cli.main(["monitor", "--port", path]) == 1
    finally:
        over.set()
        counting.join()
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert (
        "no program tells anything there" in told[0] and "hello, I count" in told[0] and "eqprop.Telemetry" in told[0]
    )


def test_a_board_at_its_prompt_is_named(silent, monkeypatch):
    monkeypatch.setattr(listening, "_FIRST_S", 0.5)
    path, board = silent
    threading.Timer(0.2, os.write, (board, b"MicroPython v1.25.0\r\n>>> ")).start()
    with opened(path) as listener, pytest.raises(ProtocolError, match="has MicroPython's prompt"):
        listener.wait_for_about()


def test_another_format_is_named():
    with pytest.raises(ProtocolError, match="tells format 9, this eqprop reads 2: `eqprop deploy` updates it"):
        records.unpack(128, bytes(8) + bytes((9,)) + bytes(20))


def test_a_port_in_use_and_a_port_that_serves_are_named(program, capsys):
    """Two programs on one port; a simulated board that serves. Catches: a traceback, or both taking bytes."""
    path = program(1000).path
    with opened(path):
        assert cli.main(["monitor", "--port", path, "--seconds", "1"]) == 1
    assert "another program is using it" in capsys.readouterr().err
    assert cli.main(["monitor", "--port", "sim:"]) == 1
    assert "has no program of its own" in capsys.readouterr().err
    assert cli.main(["monitor"]) == 1
    assert "name either a run's log, or a board's port" in capsys.readouterr().err
