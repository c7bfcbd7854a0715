"""What runtime-neutral tests share; runs on CPython and on MicroPython."""

import json

from tillqr.sale.attempts import Attempts
from tillqr.sale.journal import Journal

from host_sim.segments import MemorySegments


def raises(kind, function, *arguments):
    """Call a function that must raise `kind`; return the exception."""
    try:
        function(*arguments)
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


class Counts:
    """A counter, as the firmware's parts want one; `names` are the first hundred counted."""

    def __init__(self):
        self.names = []

    def __call__(self, name):
        if len(self.names) < 100:
            self.names.append(name)


class Word:
    """What a receipt says, as an attempt takes it."""

    def __init__(self, state, transaction="T1", reason=""):
        self.state = state
        self.transaction = transaction if state == "paid" else ""
        self.reason = reason


def empty_book(keys=(), segments=None):
    """A book of attempts without any; segments: where its journal is, or in memory."""
    return Attempts("D0001", keys, [], Journal(segments or MemorySegments()))


def pay(**changes):
    """A PAY message."""
    message = {"order": "1001", "register": "3", "amount": 1234, "currency": "EUR"}
    message.update(changes)
    return message


SETTINGS = {
    "device": "D0001",
    "shop": "Corner Shop",
    "backend": "http://pay.example.com:8080",
    "wifi_ssid": "shop",
    "key_number": 1,
    "port": 80,
    "till_baud": 115200,
    "qr_seconds": 120,
}
"""What a settings.json has."""


def copy(message):
    """A deep copy of a JSON value."""
    return json.loads(json.dumps(message))
