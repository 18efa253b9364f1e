"""Boards as they are bought: MicroPython's prompt and an empty flash, in QEMU, with a reset button."""

import os
import shutil
import socket
import subprocess
import tempfile
import tty

FIRMWARE = os.environ.get("EQPROP_FIRMWARE")
"""A folder of other firmware to deploy on as well: of MicroPython's own qemu port, cortex-m3.elf and the like."""

_MACHINES = {
    "cortex-m0": "microbit -global nrf51-soc.flash-size=1048576 -global nrf51-soc.sram-size=1376256",
    "cortex-m3": "mps2-an385",
    "cortex-m7": "mps2-an500",
}


def other_firmware(cpu, monitor):
    """Return (argv, environment) of a board with the firmware of FIRMWARE, as `Cortex.blank`."""
    machine = ["-machine", *_MACHINES[cpu].split(), "-display", "none", "-semihosting"]
    serial = ["-monitor", f"unix:{monitor},server=on,wait=off", "-chardev", "stdio,id=uart,signal=off"]
    return ["qemu-system-arm", *machine, *serial, "-serial", "chardev:uart", "-kernel", f"{FIRMWARE}/{cpu}.elf"], None


class BlankBoard:
    """A board that runs until it is closed. `path` is what pyserial opens."""

    def __init__(self, command):
        """Start the board: command(monitor) returns (argv, environment)."""
        self._folder = tempfile.mkdtemp(prefix="eqprop-blank-")
        self._monitor = os.path.join(self._folder, "monitor")
        argv, environment = command(self._monitor)
        board, self._host = os.openpty()
        tty.setraw(self._host)
        self.path = os.ttyname(self._host)
        self._process = subprocess.Popen(argv, env=environment, stdin=board, stdout=board, start_new_session=True)
        os.close(board)

    def reset(self):
        """Press the reset button."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(self._monitor)
            for command in (b"", b"system_reset\n"):
                monitor.sendall(command)
                heard = b""
                while not heard.endswith(b"(qemu) "):
                    heard += monitor.recv(4096)

    def unplug(self):
        """Take the board away, and its port."""
        self._process.kill()
        self._process.wait()

    def close(self):
        """Switch the board off."""
        self.unplug()
        os.close(self._host)
        shutil.rmtree(self._folder)
