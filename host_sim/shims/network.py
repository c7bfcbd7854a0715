"""`network` of a simulated ESP32: a station whose access point is the bench, and an access point
of its own, which a phone on the bench joins."""

from wire import wire

STA_IF = 0
AP_IF = 1
AUTH_WPA2_PSK = 3


def WLAN(interface):  # noqa: N802  (a class on the chip)
    """The chip's one station, or its one access point."""
    if interface not in (STA_IF, AP_IF):
        raise ValueError("invalid WLAN interface identifier")
    return _Station() if interface == STA_IF else _AccessPoint()


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
            wire().ask({"wlan": "access_point", "ssid": "", "password": ""})
        return self._active

    def config(self, *, ssid, security, key, max_clients):
        """Name it and lock it. The chip has an open network of its own from `active` to here."""
        if not self._active:
            raise OSError("Wifi Invalid Mode")
        if not 1 <= len(ssid.encode()) <= 32 or not 8 <= len(key) <= 63:
            raise OSError("Wifi Invalid Argument")
        if security != AUTH_WPA2_PSK or not 1 <= max_clients <= 10:
            raise OSError("Wifi Invalid Argument")
        wire().ask({"wlan": "access_point", "ssid": ssid, "password": key})

    def ifconfig(self):
        """(address, mask, gateway, name server)"""
        return tuple(wire().ask({"wlan": "ifconfig"}))


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

    def connect(self, ssid, password=""):
        """Begin to join a network."""
        if not self._active:
            raise OSError("Wifi Internal State Error")
        if not 1 <= len(ssid.encode()) <= 32 or not (password == "" or 8 <= len(password) <= 63):
            raise OSError("Wifi Invalid Argument")
        wire().ask({"wlan": "connect", "ssid": ssid, "password": password})

    def disconnect(self):
        """Leave the network."""
        wire().ask({"wlan": "disconnect"})

    def isconnected(self):
        """Whether there is an address."""
        return self._active and wire().ask({"wlan": "isconnected"})

    def ifconfig(self):
        """(address, mask, gateway, name server)"""
        return tuple(wire().ask({"wlan": "ifconfig"}))
