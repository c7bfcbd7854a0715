"""Faults to build into the firmware, so that a campaign shows that it finds them; neutral."""
# Methods are replaced here, which is the point.
# mypy: ignore-errors

import json
import sys

from tillqr import strict_json
from tillqr.net import http, sntp
from tillqr.nfc import tlv
from tillqr.sale import mac
from tillqr.till import frame


def _feeding(careless) -> None:
    feed = frame.FrameReader.feed
    frame.FrameReader.feed = lambda reader, data, length: careless(feed, reader, data, length)


def _raises() -> None:
    """A byte that nobody thought of."""

    def careless(feed, reader, data, length):
        if data.find(b"\x7e", 0, length) >= 0:
            raise IndexError("spoiled")
        feed(reader, data, length)

    _feeding(careless)


def _out_of_step() -> None:
    """A piece that is one zero byte is passed over."""

    def careless(feed, reader, data, length):
        if length != 1 or data[0]:
            feed(reader, data, length)

    _feeding(careless)


def _endless() -> None:
    def careless(feed, reader, data, length):
        while data[0] == 0xE5:
            pass
        feed(reader, data, length)

    _feeding(careless)


def _slow() -> None:
    """A byte that costs many steps."""

    def careless(feed, reader, data, length):
        if data.find(b"\x07", 0, length) >= 0:
            for one in range(12_000):
                one + 1
        feed(reader, data, length)

    _feeding(careless)


def _hoard() -> None:
    """Whatever comes is read before it is measured."""
    read_message = http.read_message

    async def careless(reader):
        kept = []
        while True:
            piece = await reader.read(256)
            if not piece:
                break
            kept.append(piece)
        return await read_message(_Again(b"".join(kept)))

    http.read_message = careless


class _Again:
    def __init__(self, data) -> None:
        self._data = data

    async def read(self, size):
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def _brackets() -> None:
    """Nobody counts brackets."""

    def careless(data):
        value = json.loads(str(data, "utf-8"))
        if not isinstance(value, dict):
            raise ValueError
        return value

    strict_json.parse = careless


def _any_mac() -> None:
    mac.Key.verifies = lambda _key, _data, _given: True


def _other_time() -> None:
    """One runtime takes an answer for another time than the other does."""
    checked = sntp.checked
    if sys.implementation.name == "micropython":
        sntp.checked = lambda answer, question: checked(answer, question) & ~1


def _cut() -> None:
    """A card's data object that lacks its last byte is taken."""
    objects = tlv.objects
    tlv.objects = lambda data: objects(data + b"\0")


FAULTS = {
    "raises": _raises,
    "out_of_step": _out_of_step,
    "endless": _endless,
    "slow": _slow,
    "hoard": _hoard,
    "brackets": _brackets,
    "any_mac": _any_mac,
    "other_time": _other_time,
    "cut": _cut,
}


def build_in(name: str) -> None:
    """Build a fault into the firmware that this process has loaded."""
    FAULTS[name]()
