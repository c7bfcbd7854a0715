"""Roaming: whether another access point is worth the change; loaded every few minutes."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from network import WLAN

_WEAK = const(-75)  # dBm
_STRONGER = const(8)  # dB that another access point must have more, to be worth the change


def better(wlan: "WLAN", ssid: str) -> "bytes | None":
    """The access point of a network that is much stronger, if the present one is weak."""
    here = wlan.status("rssi")
    if here >= _WEAK:
        return None
    best, found = here + _STRONGER, None
    for name, bssid, _, strength, *_ in wlan.scan():
        if name == ssid.encode() and strength >= best:
            best, found = strength, bssid
    return found
