"""`network` of a simulated ESP32: its station and its own access point are on the bench
(host_sim/air.py), which refuses what the chip would, with the same exception."""

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


def hostname(*name):
    """The name that a network is asked for an address with, or a new one."""
    return wire().ask({"wlan": "hostname", "of": STA_IF, "said": name, "named": {}})


class WLAN:
    """The chip's one station, or its one access point."""

    def __init__(self, interface):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        self._of = interface

    def _ask(self, name, said=(), named=None):
        return wire().ask({"wlan": name, "of": self._of, "said": said, "named": named or {}})

    def active(self, *on):
        """Switch the radio, or tell whether it is on."""
        return self._ask("active", on)

    def connect(self, ssid, key="", *, bssid=None):
        """Begin to join a network, or one access point of it."""
        return self._ask("connect", (ssid, key, bssid.hex() if bssid else ""))

    def disconnect(self):
        """Leave the network."""
        return self._ask("disconnect")

    def isconnected(self):
        """Whether there is an address."""
        return self._ask("isconnected")

    def status(self, *param):
        """How it stands with the network; or "rssi", how strong its access point is, in dBm."""
        return self._ask("status", param)

    def config(self, **values):
        """Set what is named."""
        return self._ask("config", (), values)

    def scan(self):
        """What can be heard: (ssid, bssid, channel, rssi, security, hidden) of each access point.
        The chip does nothing else meanwhile."""
        heard = self._ask("scan")
        return [tuple([bytes.fromhex(part) for part in one[:2]] + one[2:]) for one in heard]

    def ifconfig(self, *config):
        """(address, mask, gateway, name server); or set them, or "dhcp" to be given them."""
        answer = self._ask("ifconfig", config)
        return tuple(answer) if answer else None
