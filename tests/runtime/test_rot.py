"""Memory that rots: every flipped bit is found by the next checkpoint and never written into it, on every tier."""

import contextlib
import subprocess
from array import array
from functools import partial

import numpy as np
import pytest

import eqprop
from eqprop.checkpoint import Checkpoints
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop_host import commands, datasets
from eqprop_host.boards.board import Board
from eqprop_host.cli import main
from eqprop_host.link.link import Link
from eqprop_host.training.loop import Schedule, configuration, learn
from eqprop_sim.emulated_board import qemu
from eqprop_sim.emulator import compiled_network
from programs.faults.rot import rot
from support.boards.direct_host import DirectHost, configure, samples
from support.boards.faulty_line import Line
from support.boards.memory_flash import MemoryFlash
from support.places import PROGRAMS, ROOT
from support.scripted_interrupt import ScriptedInterrupt
from support.surroundings import MODELS_OF_ASSEMBLERS, obtained

# Flips in what must not change; then all bits of all conductances, and of all totals and what nodes divide by, or of
# all checksums
FOUND = [
    "resistive:4-3-2 256/256 640/640 160/160 120/120",
    "resistive:3-4-3-2 256/256 960/960 288/288 216/216",
    "resistive:5-3 256/256 576/576 96/96 72/72",
    "hopfield:4-3-2 256/256 368/368 32/32",
    "hopfield:3-4-3-2 256/256 624/624 48/48",
    "hopfield:5-3 256/256 288/288 16/16",
]
LAYERS = [line.split()[0] for line in FOUND]
OF_BOARDS = FOUND[1::3]  # those of two hidden layers: an emulated board takes twenty seconds for all six
OF_8_BITS = "hopfield8:4-3-2 256/256 184/184 32/32"


@pytest.mark.slow
def test_every_flip_is_found_on_a_workstation():
    """One sample is learnt after each flip. Catches: a sum that follows a flipped bit, an array that no CRC covers."""
    assert [rot(eqprop.Network, layers, 256) for layers in LAYERS] == FOUND
    assert rot(eqprop.Network, OF_8_BITS.split()[0], 256) == OF_8_BITS


def test_every_flip_is_found_by_the_emulator():
    """As above, by compiled kernels. Catches: an array of NumPy's that no CRC covers."""
    with_wider_shifts = FOUND[0].replace("120/120", "160/160")
    assert rot(compiled_network.Network, LAYERS[0], 256, learns=False) == with_wider_shifts


@pytest.mark.parametrize(
    ("board", "tier"),
    [
        *(("unix_micropython", "plain"), ("unix_micropython", "viper")),
        *(("cortex-m3", "thumb"), ("cortex-m3", "viper"), ("rv32", "rv32"), ("xtensawin", "xtensa")),
    ],
)
def test_every_flip_is_found_on_boards(board, tier, request):
    """The table's addresses too. Catches: machine code that follows one, or loops for ever on a total of zero."""
    path = [ROOT / "runtime", ROOT / "tests"]
    program = PROGRAMS / "faults/rot.py"
    if board in qemu.CPUS:
        models = MODELS_OF_ASSEMBLERS.get(tier, ("resistive", "hopfield"))
        found, board = [line for line in OF_BOARDS if line.startswith(models)], obtained(qemu.obtain, board)
    else:
        found, board = FOUND, request.getfixturevalue(board)
    layers = [line.split()[0] for line in found]
    argv, environment = board.command(program, tier, 256, *layers, path=path)
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == [tier, *found], done.stderr


def taught(model="hopfield"):
    network = eqprop.Network("4-3-2", 1, 2, model)
    for n in range(3):
        network.learn(bytes((n, 9, 90, 50)), n % 2)
    return network


WORDS = "^memory: total conductance changed by itself$"


@pytest.mark.parametrize("total", [0, -1, -(2**31), 2**30])
@pytest.mark.parametrize("build", [eqprop.Network, compiled_network.Network], ids=["plain", "emulator"])
def test_a_total_out_of_range_ends_learning(build, total):
    """Catches: a division that shifts zero up for ever."""
    network = build("4-3-2", model="resistive")
    network.crossbar.circuit.total[0][1] = total
    with pytest.raises(RuntimeError, match=WORDS):
        network.crossbar.program()


@pytest.mark.parametrize("tier", ["thumb", "viper"])
def test_a_total_out_of_range_ends_learning_on_every_core(cortex_board, tier):
    """Catches: machine code of one core that loops for ever on it, or that learns with a divisor of another total."""
    argv, environment = cortex_board.command(
        PROGRAMS / "faults/totals.py", tier, path=[ROOT / "runtime"], heap_bytes=2**19
    )
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == 4 * ["memory: total conductance changed by itself"], done.stderr


def test_the_emulator_ends_in_the_midst_of_many_samples():
    """Catches: an error that the compiled loop over samples swallows, or a sample that is counted as learnt."""
    network = compiled_network.Network("4-3-2", model="resistive")
    network.crossbar.circuit.total[0][1] = -(2**20)
    with pytest.raises(RuntimeError, match=WORDS):
        network.learn_all(np.full((9, 4), 90, np.int8), np.arange(9) % 2)
    with pytest.raises(RuntimeError, match=WORDS):
        network.learn(bytes((90, 90, 90, 90)), 0)
    assert network.sample == 0


def without_plan(network, **values):
    """Let a network's circuit have other values than its plan."""
    network.crossbar.circuit = network.crossbar.circuit._replace(**values)


@pytest.mark.parametrize(
    ("model", "change", "words"),
    [
        ("resistive", lambda network: network.crossbar.circuit.shape[0].__setitem__(1, 7), "shape changed by itself"),
        ("resistive", lambda network: setattr(network.plan, "beta", 5), "plan changed by itself"),
        ("resistive", partial(without_plan, beta=5), "beta changed by itself"),
        ("resistive", partial(without_plan, sweeps=5), "sweeps changed by itself"),
        ("hopfield", partial(without_plan, sweeps=5), "sweeps changed by itself"),
        ("resistive", lambda network: network.conductances(1).__setitem__(3, 9), "a conductance or the total of node"),
        ("hopfield", lambda network: network.crossbar.circuit.inputs.__setitem__(4, 7), "bias changed by itself"),
        ("hopfield", lambda network: setattr(network.plan, "rail", 5), "plan changed by itself"),
        ("hopfield", lambda network: network.conductances(1).__setitem__(3, 9), "a conductance or the checksum of "),
        *(
            (model, lambda network: network.crossbar.circuit.rate_shifts.__setitem__(1, 3), "rate shift of crossbar 1 ")
            for model in ("resistive", "hopfield")
        ),
    ],
)
def test_what_rotted_is_named(model, change, words):
    """Catches: a message that leaves its reader alone."""
    network = taught(model)
    network.inspect()
    change(network)
    with pytest.raises(RuntimeError, match=f"^memory: {words}"):
        network.inspect()


def test_a_program_goes_on_from_the_last_checkpoint(tmp_path):
    """Catches: a checkpoint of what rotted, one that is counted as a failure of the flash."""
    network = taught()
    assert network.save(str(tmp_path))
    crc = network.crc()
    network.learn(bytes(4), 1)
    network.conductances(0)[5] ^= 1 << 14
    with pytest.raises(RuntimeError, match="^memory: "):
        network.save(str(tmp_path), force=True)
    assert network.save_failures == 0
    again = eqprop.load(folder=str(tmp_path))
    assert (again.sample, again.crc()) == (3, crc)
    again.inspect()


def test_every_flip_in_user_data_and_in_the_number_of_samples_is_found(tmp_path):
    """Catches: notes that are written with a right CRC over what rotted, a number that nothing is compared with."""
    network = taught()
    notes = bytearray(b"scale 1")
    network.user_data = notes
    assert network.save(str(tmp_path))
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    flips = [(notes, n >> 3, n & 7) for n in range(8 * len(notes))]
    learner = network.learner
    places = [(learner.tally, 2), (learner.tally, 3), (learner.__dict__, "halve_at")]  # samples learnt, and left
    flips += [(memory, place, bit) for memory, place in places for bit in range(30)]
    for memory, place, bit in flips:
        memory[place] ^= 1 << bit
        with pytest.raises(RuntimeError, match="^memory: (user_data|number of samples) changed by itself$"):
            network.inspect()
        with pytest.raises(RuntimeError, match="^memory: "):
            network._checkpoints.saved = None
            network.save(str(tmp_path), force=True)
        memory[place] ^= 1 << bit
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == kept
    network.inspect()


def test_a_number_of_samples_that_rots_before_rates_halve_is_found():
    """Catches a halving that takes the wrong number for the right one."""
    network = eqprop.Network("4-3-2", 1, 4)
    network.learner.tally[2] ^= 2
    for _ in range(2):
        network.learn(bytes((1, 9, 90, 50)), 1)
    assert network.sample == 4
    with pytest.raises(RuntimeError, match="^memory: number of samples changed by itself$"):
        network.inspect()


def test_rates_are_inspected_as_they_halve():
    """Over three halvings and a restart. Catches: a rate taken for one that rotted."""
    flash = MemoryFlash()
    checkpoints = Checkpoints(rest_s=0, open_file=flash.open)
    network = taught()
    for _ in range(7):
        network.learn(array("b", [1, 2, 3, 4]), 1)
        assert checkpoints.save(network, b"", (0, 0, 0, 0))


ROWS = [(n % 2, bytes((n, 7 * n % 128, 3, n))) for n in range(60)]


def served(flash, **options):
    """Return a host at a service that has learnt 23 samples, and keeps a checkpoint after every 5."""
    desk = DirectHost(checkpoints=Checkpoints(every=5, rest_s=0, open_file=flash.open), **options)
    desk.state(m.CONFIGURE, configure((4, 3, 2), 5, 7, run_number=9, epoch=25))
    desk.service.network.user_data = bytearray(b"scale 1")
    desk.progress(0, ROWS[:23])
    return desk


def flip_network(service):
    service.network.conductances(0)[3] ^= 1 << 9


def flip_table(service):
    service._code.table[7] ^= 1


def flip_cache(service):
    service._cache[40] ^= 1


def flip_configuration(service):
    service._configuration = service._configuration[:-1] + b"?"


def flip_user_data(service):
    service.network.user_data[3] ^= 1


def flip_total(place, bit):
    """Return what flips a bit of one of the epoch's four totals."""

    def flip(service):
        service._totals[place] ^= 1 << bit

    return flip


def flip_number(name, bit):
    """Return what flips a bit of a number: "_run_number" of the service, "network.seed" of what it has."""

    def flip(service):
        *path, last = name.split(".")
        for part in path:
            service = getattr(service, part)
        setattr(service, last, getattr(service, last) ^ 1 << bit)

    return flip


def flip_sample(bit):
    """Return what flips a bit of the number of samples."""

    def flip(service):
        service.network.learner.tally[2] ^= 1 << bit

    return flip


@pytest.mark.parametrize(
    ("flip", "part"),
    [
        (flip_network, "a conductance or the checksum of crossbar 0"),
        (flip_table, "configuration"),
        (flip_configuration, "configuration"),
        (flip_cache, "cache of samples"),
        (flip_user_data, "user_data"),
        # 23 to 31 and 22: samples on their way that are passed over, or learnt twice
        (flip_sample(3), "number of samples"),
        (flip_sample(0), "number of samples"),
        (flip_number("_run_number", 5), "configuration"),
        (flip_number("_epoch", 1), "configuration"),
        (flip_number("network.seed", 0), "configuration"),
        (flip_number("_slots", 7), "cache of samples"),
        (flip_number("_cached", 2), "cache of samples"),
        (flip_total(0, 3), "totals of the epoch"),
        (flip_total(1, 0), "totals of the epoch"),
        (flip_total(2, 29), "totals of the epoch"),
        (flip_total(3, 17), "totals of the epoch"),
        (flip_number("_tally", 8), "totals of the epoch"),
    ],
)
@pytest.mark.parametrize("ask", [m.STATUS, m.SAVE, None])
def test_a_service_goes_back_to_its_checkpoint(flip, part, ask):
    """Asked anything about its network, or when the next checkpoint is due; the run then ends as one without rot.

    Catches: a CRC told of what rotted, a checkpoint of it, a board that goes on without a word.
    """
    flash = MemoryFlash()
    desk = served(flash)
    flip(desk.service)
    kind, answer = desk.ask(ask, b"") if ask else desk.ask(m.SAMPLES, samples(23, ROWS[23:31]))
    words = f"memory: {part} changed by itself: the board resumes at sample 20"
    assert (kind, host_messages.unpack_error(answer)) == (m.ERROR, (m.GREET, words))
    assert desk.ask(m.STATUS, b"")[1][1:] == b"HELLO comes first"
    state = desk.greet()
    assert (state.sample, state.saved, state.run_number) == (20, 20, 9)
    clean = served(MemoryFlash())
    assert desk.progress(20, ROWS[20:])._replace(cached=0) == clean.progress(23, ROWS[23:])._replace(cached=0)
    assert desk.status().crc == clean.status().crc


def test_a_second_session_finds_no_network_that_rots():
    """Catches: conductances that the next host reads, and pulls, as they are."""
    desk = served(MemoryFlash())
    flip_network(desk.service)
    assert host_messages.unpack_error(desk.ask(m.HELLO, host_messages.pack_hello(70))[1])[0] == m.GREET
    assert desk.greet().sample == 20


def test_a_service_without_a_checkpoint_keeps_nothing_that_rots():
    """Catches: a network that is kept, or a start that fails, where there is nothing to go back to."""
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure((4, 3, 2), 5, 7))
    desk.progress(0, ROWS[:1])
    flip_network(desk.service)
    answer = desk.ask(m.STATUS, b"")[1]
    assert host_messages.unpack_error(answer)[1].endswith("changed by itself: the board resumes at sample 0")
    assert desk.greet().layers == ()
    assert desk.state(m.CONFIGURE, configure((4, 3, 2), 5, 7)).sample == 0


class Rots(Board):
    """A board without a port. Once, before it is asked a class at sample `at`, its conductances rot to the least."""

    def __init__(self, at, **options):
        self.device = Line(**options)
        clock, wait = self.device.clock, self.device.wait
        super().__init__(Link(lambda: self.device, "line", 3.0, 60.0, clock=clock, wait=wait))
        self.at = at

    def infer(self, x):
        if self.state.sample == self.at:
            self.at = None
            network = self.device.service.network
            for i in range(len(network.conductances(1))):
                network.conductances(1)[i] = network.g_min
        return super().infer(x)


def test_a_network_that_rots_while_it_is_tested_is_tested_again():
    """The run goes back to a checkpoint. Catches: the test error of what rotted, beside the right network's CRC."""
    data = datasets.prepare(datasets.load("iris"), 0)
    outcomes = []
    for at in (None, 110):
        board = Rots(at, checkpoints=Checkpoints(every=25, rest_s=0, open_file=MemoryFlash().open))
        board.configure(**configuration((4, 5, 3), 3, 0, data))
        outcomes.append(learn(board, data, Schedule(1, 3, 110), ScriptedInterrupt(10**9)))
        assert len(board.restarts) == (at is not None)
    clean, rotted = outcomes
    assert (rotted.crc, rotted.test_error_percent) == (clean.crc, clean.test_error_percent)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["evaluate"], ["infer", "features.csv"]], ids=["evaluate", "infer"])
def test_a_network_that_rots_while_it_is_asked_is_asked_again(words, tmp_path, monkeypatch, capsys):
    """Catches: classes of what rotted, with exit 0."""
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--data=iris", "--layers=4-5-3", "--limit=110", "--save=saved.npz"]) == 0
    (tmp_path / "features.csv").write_text("5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n")
    capsys.readouterr()
    said = []
    for at in (None, 110):
        board = Rots(at)
        opened = contextlib.nullcontext(board)
        monkeypatch.setattr(commands.module(words[0]), "open_board", lambda *_, opened=opened: opened)
        assert main([words[0], "saved.npz", *words[1:]]) == 0
        said.append(capsys.readouterr().out)
        assert len(board.restarts) == (at is not None)
    assert said[0] == said[1]


@pytest.mark.slow
def test_a_run_on_memory_that_rots_ends_with_the_bits_of_one_that_does_not(capsys):
    """By the command, on a board that keeps checkpoints. Catches: a flip that the last CRC holds, or is not told of."""
    argv = ["train", "--data", "digits", "--layers", "64-8-10", "--limit", "300", "--seed", "2", "--port"]
    crcs = []
    for port in ("sim:", "sim:?rot=0.01&seed=4&checkpoint_every=20"):
        assert main([*argv, port]) == 0
        said = capsys.readouterr()
        crcs.append(said.out.split()[-1])
    assert crcs[0] == crcs[1]
    assert "memory: a conductance or the checksum of crossbar" in said.err
