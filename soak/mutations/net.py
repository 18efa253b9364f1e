"""Mutations of the ports beside the serial one."""

SEALING = "runtime/eqprop/net/sealing.py"
TCP = "runtime/eqprop/net/tcp.py"
HOST_TCP = "host_tools/eqprop_host/link/tcp.py"
FORGERIES = "tests/soak/test_forgeries.py::test_no_forged_frame_is_accepted"
OF_SEALING = "tests/runtime/net/test_sealing.py"
OF_TCP = "tests/runtime/net/test_tcp.py"
PORT = "runtime/eqprop/net/waiting.py"
OF_UART = "tests/runtime/net/test_uart.py"
BLE = "runtime/eqprop/net/ble.py"
OF_BLE = "tests/runtime/net/test_ble.py"
OF_HOST_TCP = "tests/host/link/test_tcp.py"

MUTATIONS = (
    (SEALING, "        self._number += 1\n", "", FORGERIES),
    (SEALING, "    return _hmac(_pads(secret), greeting + nonces, direction)", "    return secret", FORGERIES),
    (SEALING, 'TO_HOST = b"to host"', "TO_HOST = TO_BOARD", FORGERIES),
    (SEALING, "for n in range(TAG_SIZE):", "for n in range(1):", FORGERIES),
    (SEALING, "    inner.update(data)\n", "", FORGERIES),
    (SEALING, "byte ^ 0x5C", "byte ^ 0x36", f"{OF_SEALING}::test_records_are_what_the_page_says_by_pythons_own_hmac"),
    (SEALING, "    outer.update(inner.digest())\n", "", FORGERIES),
    (TCP, "self._silent_s < _BUSY_S", "False", f"{OF_TCP}::test_a_second_host_is_told_that_the_board_is_in_use"),
    (
        TCP,
        "            self._silent_s += 1\n",
        "",
        f"{OF_TCP}::test_a_host_that_fell_silent_makes_room_after_ten_seconds",
    ),
    (
        TCP,
        "                self._send_away()\n                self._guest = guest\n",
        "                self._guest = self._guest or guest\n",
        f"{OF_TCP}::test_a_stranger_at_the_door_keeps_nobody_out",
    ),
    (
        TCP,
        '        if secret is None:\n            if address[:4] != "127.":',
        "        if secret is None:\n            if False:",
        f"{OF_TCP}::test_without_a_secret_only_this_machine_may_come",
    ),
    (
        HOST_TCP,
        "        if key is not None:\n            raise",
        "        if False:\n            raise",
        f"{OF_HOST_TCP}::test_what_answers_wrongly_is_one_line",
    ),
    (
        HOST_TCP,
        "        if not ipaddress.ip_address(self._socket.getpeername()[0]).is_loopback:",
        "        if False:",
        f"{OF_HOST_TCP}::test_a_plain_board_elsewhere_is_not_believed",
    ),
    (
        HOST_TCP,
        "            if self._sealer:\n                self._proven(url)\n",
        "",
        f"{OF_HOST_TCP}::test_what_answers_wrongly_is_one_line",
    ),
    (PORT, "            start += sent\n", "", f"{OF_UART}::test_what_is_written_leaves_whole_and_in_order"),
    (
        PORT,
        "        if not self._end:\n",
        "        if True:\n",
        f"{OF_UART}::test_what_is_written_leaves_whole_and_in_order",
    ),
    (
        "runtime/eqprop/net/uart.py",
        "            self._most = _UNBUFFERED\n",
        "            self._most = _BUFFER\n",
        f"{OF_UART}::test_a_uart_without_a_send_buffer_gets_little_at_a_time",
    ),
    (
        BLE,
        "        except OSError:  # no room, or the host has just gone\n            return 0\n",
        "        except OSError:\n            return count\n",
        f"{OF_BLE}::test_what_is_written_is_told_whole_and_in_order",
    ),
    (
        BLE,
        "                self._advertise()\n",
        "                pass\n",
        f"{OF_BLE}::test_it_advertises_again_once_its_host_has_gone",
    ),
    (
        "host_tools/eqprop_host/link/ble.py",
        "data[at : at + most]",
        "data[at:]",
        "tests/host/link/test_ble.py::test_a_run_by_bluetooth_ends_with_the_usual_bits",
    ),
    (
        "host_tools/eqprop_host/deploy/serving.py",
        "return given[1] if given else USB",
        "return USB",
        "tests/host/deploy/test_serving.py::test_a_later_deploy_keeps_the_port",
    ),
)
