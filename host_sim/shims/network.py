"""`network` of a simulated ESP32: a station whose access point is the bench."""

from wire import wire

STA_IF = 0
AP_IF = 1


class WLAN:
    """The Wi-Fi station."""

    def __init__(self, interface):
        if interface != STA_IF:
            raise ValueError("only a station is simulated")
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
