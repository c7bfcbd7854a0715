"""`network` of a simulated ESP32. The bench carries out every call, and refuses what the chip would
(host_sim/air.py): on the chip this is C, so here it is to take little of the heap.
"""

from wire import wire

STA_IF = 0
AP_IF = 1
AUTH_WPA2_PSK = 3


class WLAN:
    """The chip's one station, or its one access point."""

    def __init__(self, interface):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        self._interface = interface

    def __getattr__(self, name):
        return lambda *positional, **named: _call(self._interface, name, positional, named)


def hostname(name=None):
    """The name that a network is asked for an address with; the chip takes it when it joins."""
    return _call(STA_IF, "hostname", (name,), {})


def _call(interface, name, positional, named):
    named = {key: _sent(value) for key, value in named.items()}
    call = {"wlan": name, "interface": interface, "positional": _sent(positional), "named": named}
    return _received(wire().ask(call))


def _sent(value):
    """A value for the wire, where bytes are an object with their hex digits."""
    if isinstance(value, (bytes, bytearray)):
        return {"hex": value.hex()}
    return [_sent(one) for one in value] if isinstance(value, (list, tuple)) else value


def _received(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return tuple([_received(one) for one in value]) if isinstance(value, list) else value
