"""Wi-Fi by the board's settings: joined without waiting, and joined again when it was lost."""

from .settings import read
from .tcp import PORT, Tcp

_AGAIN_S = 10


class Station:
    """A board's Wi-Fi, as a station."""

    def __init__(self, ssid, password, joined):
        """Begin to join; joined(address): called once it has, and after each loss. Raises ImportError without Wi-Fi."""
        # imported here, because a wired board lacks it
        import network  # type: ignore[import-not-found]

        self._station = network.WLAN(getattr(network, "STA_IF", 0))
        self._station.active(True)
        self._about = ssid, password
        self._joined = joined
        self._address = ""
        self._left_s = 0

    def tend(self):
        """Look after it, once a second."""
        if self._station.isconnected():
            address = self._station.ifconfig()[0]
            if address != self._address:
                self._address = address
                self._joined(address)
            self._left_s = _AGAIN_S
            return
        self._address = ""
        self._left_s -= 1
        if self._left_s < 0:
            self._left_s = _AGAIN_S
            try:
                self._station.connect(*self._about)
            except OSError:  # it is connecting already
                pass


def tcp(text):
    """Return the `Tcp` that the board's settings describe, on the port number in `text`, or 4242 for "".

    It prints its address once it has one. Raises ValueError for a bad number, and for settings without a secret.
    """
    if text and not (text.isdigit() and 0 < int(text) < 65536):
        raise ValueError("port tcp:{}: expected a number up to 65535".format(text))
    about = read()
    if not about.get("secret"):
        raise ValueError("tcp: the board has no secret: run `eqprop deploy --wifi` or eqprop.net.settings.write")
    port = Tcp(int(text or PORT), about["secret"].encode())

    def joined(address):
        print("eqprop: at tcp://{}:{}".format(address, port.number))

    if about.get("ssid"):
        port.tend = Station(about["ssid"], about.get("password", ""), joined).tend
    return port
