"""What runtime-neutral tests share; runs on CPython and on MicroPython."""

import json


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
