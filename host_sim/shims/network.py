"""`network` of a simulated ESP32: a station among the bench's access points, and an access point
of its own, which a phone on the bench joins.

What the chip refuses is refused here with the same exception (MicroPython: ports/esp32/
network_wlan.c, network_common.c and extmod/modnetwork.c).
"""

from wire import wire

STA_IF = 0
AP_IF = 1
AUTH_WPA2_PSK = 3

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_OWN_ADDRESS = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
_hostname = "mpy-esp32"


def WLAN(interface):  # noqa: N802  (a class on the chip)
    """The chip's one station, or its one access point."""
    if interface not in (STA_IF, AP_IF):
        raise ValueError("invalid WLAN interface identifier")
    return _Station() if interface == STA_IF else _AccessPoint()


def hostname(name=None):
    """The name that a network is asked for an address with; the chip takes it when it joins."""
    global _hostname
    if name is None:
        return _hostname
    if not 1 <= len(name) <= 32:
        raise ValueError
    _hostname = name
    return None


class _AccessPoint:
    """A network of the board's own."""

    def __init__(self):
        self._active = False

    def active(self, on=None):
        """Switch it on or off, or tell whether it is on; the bench hears of it by `config`."""
        if on is None:
            return self._active
        self._active = bool(on)
        if not on:
            wire().ask({"access_point": "", "password": ""})
        return self._active

    def config(self, *, ssid, security, key, max_clients):
        """Name it and lock it. The chip has an open network of its own from `active` to here."""
        if not self._active:
            raise OSError("Wifi Invalid Mode")
        if not 1 <= len(ssid.encode()) <= 32 or not 8 <= len(key) <= 63:
            raise OSError("Wifi Invalid Argument")
        if security != AUTH_WPA2_PSK or not 1 <= max_clients <= 10:
            raise OSError("Wifi Invalid Argument")
        wire().ask({"access_point": ssid, "password": key})

    def ifconfig(self):
        """(address, mask, gateway, name server)"""
        return _OWN_ADDRESS


class _Station:
    """The Wi-Fi station."""

    def __init__(self):
        self._active = False

    def active(self, on=None):
        """Switch the radio, or tell whether it is on."""
        if on is None:
            return self._active
        self._active = bool(on)
        wire().ask({"wlan": "active", "on": self._active})
        return self._active

    def connect(self, ssid, key="", *, bssid=None):
        """Begin to join a network, or one access point of it."""
        if not self._active:
            raise OSError("Wifi Internal State Error")
        if not 1 <= len(ssid.encode()) <= 32 or not (key == "" or 8 <= len(key) <= 63):
            raise OSError("Wifi Invalid Argument")
        if bssid is not None and len(bssid) != 6:
            raise ValueError
        point = bytes(bssid).hex() if bssid else ""
        wire().ask({"wlan": "hostname", "name": _hostname})
        wire().ask({"wlan": "connect", "ssid": ssid, "password": key, "bssid": point})

    def disconnect(self):
        """Leave the network."""
        wire().ask({"wlan": "disconnect"})

    def isconnected(self):
        """Whether there is an address."""
        return self._active and wire().ask({"wlan": "isconnected"})

    def status(self, param=None):
        """How it stands with the network; or "rssi", how strong its access point is, in dBm.

        A reason, as STAT_NO_AP_FOUND, comes only once the chip tries no more by itself: that is
        never, unless config(reconnects=) said how often it may.
        """
        if param is None:
            return wire().ask({"wlan": "status"}) if self._active else STAT_IDLE
        if param != "rssi":
            raise ValueError("unknown status param")
        strength = wire().ask({"wlan": "rssi"})
        if strength is None:
            raise OSError("Wifi Not Connected")
        return strength

    def config(self, param=None, **values):
        """Set how often it tries again by itself (reconnects=, -1 for ever), or read "mac". There
        is no "rssi": the chip tells that by `status`."""
        if param is not None:
            if values:
                raise TypeError("either pos or kw args are allowed")
            if param == "mac":
                return b"\x02\x00\x00\x12\x34\x56"
            raise ValueError("unknown config param")
        if list(values) != ["reconnects"]:
            raise ValueError("unknown config param")
        if not -1 <= values["reconnects"] <= 254:
            raise ValueError("the chip keeps it in a byte")
        return wire().ask({"wlan": "reconnects", "times": values["reconnects"]})

    def scan(self):
        """What can be heard: (ssid, bssid, channel, rssi, security, hidden) of each access point.
        The chip does nothing else meanwhile."""
        if not self._active:
            raise OSError("STA must be active")
        heard = wire().ask({"wlan": "scan"})
        return [tuple([bytes.fromhex(part) for part in one[:2]] + one[2:]) for one in heard]

    def ifconfig(self, config=None):
        """(address, mask, gateway, name server); or set them, or "dhcp" to be given them."""
        if config is None:
            return tuple(wire().ask({"wlan": "ifconfig"}))
        if config == "dhcp":
            return wire().ask({"wlan": "address", "address": []})
        if isinstance(config, str) or len(config) != 4:
            raise ValueError("invalid arguments")
        for address in config:
            _check_address(address)
        return wire().ask({"wlan": "address", "address": list(config)})


def _check_address(address):
    parts = address.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        raise ValueError("invalid arguments")
