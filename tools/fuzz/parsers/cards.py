"""What cards at the reader say: data objects, NDEF messages, and whole taps; neutral."""

import binascii

from tillqr.nfc import emv, ndef, tap_read, tlv
from tillqr.nfc.pn532 import CardError
from tillqr.nfc.target import Target
from tillqr.nfc.unsupported import Unsupported

from tools.fuzz.parsers import Parser, demand, keep
from tools.fuzz.parsers.streams import finish

MOST_OBJECTS = 256
MOST_MESSAGE = 512
_MOST_TAP = 2048
_MOST_EXCHANGES = 80
_TIME_MS = 1000
NO_OBJECTS, NO_MESSAGE = "no data objects", "no message"
MEMORY, ISO_DEP, TYPE_2 = 0, 1, 2
"""What the first byte of a tap says the rest is: a Type 2 tag's memory, or a card's answers one
after the other, each with its size in two bytes before it."""

keep(
    tap_read,
    *("tillqr.nfc.type2", "tillqr.nfc.type4", "tillqr.nfc.emv"),
    *("tillqr.nfc.ndef", "tillqr.nfc.apdu", "tillqr.nfc.tlv"),
)


def _crc(octets: bytes) -> str:
    return "{:08x}".format(binascii.crc32(octets))


def tlvs(octets: bytes) -> str:
    """Data objects, and the applications that they name if they are a directory."""
    data = octets[:MOST_OBJECTS]
    try:
        found = list(tlv.objects(data))
    except tlv.BadTlv:
        return NO_OBJECTS
    demand(sum([2 + len(value) for _, value in found]) <= len(data), "more is taken than there is")
    for tag, _ in found:
        first = next(value for other, value in found if other == tag)
        demand(tlv.find(data, tag) == first, "what is there is not found")
    return objects_in_words(found) + _applications(data)


def objects_in_words(found: "list[tuple[int, bytes]]") -> str:
    """Tags, and of the values a checksum."""
    return "".join(["{:x} {}, ".format(tag, _crc(value)) for tag, value in found])


def _applications(data: bytes) -> str:
    try:
        aids = emv.candidates(data)
    except tlv.BadTlv:
        return "no directory"
    demand(all(5 <= len(aid) <= 16 for aid in aids), "an application's name is too long")
    return _crc(b"".join(aids))


def ndefs(octets: bytes) -> str:
    """An NDEF message."""
    try:
        said = ndef.content(octets[:MOST_MESSAGE])
    except ndef.BadNdef:
        return NO_MESSAGE
    if said is None:
        return "nothing"
    demand(0 < len(said) <= ndef.MAX_CONTENT, "it says too much")
    return "says " + _crc(said)


class Liar:
    """A reader with a card on it that says what an input has."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets[1:_MOST_TAP]
        self._is_memory = octets[0] % 3 == MEMORY
        self._asked = 0

    async def exchange(self, data: bytes, milliseconds: int) -> bytes:
        """The card's answer; one that has said all is gone."""
        self._asked += 1
        demand(self._asked <= _MOST_EXCHANGES, "it is asked on and on")
        demand(0 < milliseconds <= _TIME_MS and 0 < len(data) <= 22, "what is asked is odd")
        return self._page(data[1]) if self._is_memory else self._next()

    def _page(self, page: int) -> bytes:
        """READ: four pages; behind the last one there is nothing."""
        answer = self._rest[4 * page : 4 * page + 16]
        if not answer:
            raise CardError("card_nak")
        return answer

    def _next(self) -> bytes:
        if len(self._rest) < 2:
            raise CardError("card_gone")
        end = 2 + int.from_bytes(self._rest[:2], "big")
        answer, self._rest = self._rest[2:end], self._rest[end:]
        return answer


def taps(octets: bytes) -> str:
    """A tap: it ends with a name, or with what the backend is to hear."""
    if not octets:
        return "nothing"
    iso_dep = octets[0] % 3 == ISO_DEP
    target = Target("A", bytes(7), 0x20 if iso_dep else 0, iso_dep)
    try:
        kind, said = finish(tap_read.read(Liar(octets), target))  # type: ignore[arg-type]
    except CardError as error:
        demand(error.args[0] in ("card_gone", "card_error", "card_nak"), "no known name")
        return error.args[0]
    except Unsupported as error:
        demand(error.args[0] in ("card_unsupported", "phone_locked"), "no known name")
        return error.args[0]
    most = {"ndef": ndef.MAX_CONTENT, "emv": MOST_OBJECTS}[kind]
    demand(len(said) <= most, "the backend hears too much")
    return "{} {}".format(kind, _crc(said))


PARSERS = {
    "tlvs": Parser(tlvs, MOST_OBJECTS, 60),
    "ndefs": Parser(ndefs, MOST_MESSAGE, 20),
    "taps": Parser(taps, _MOST_TAP, 20),
}
