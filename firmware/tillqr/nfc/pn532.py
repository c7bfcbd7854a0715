"""NXP PN532 contactless reader (UM0701-02; section numbers in brackets), on any of its buses.

A reader that falls silent, as they do after hours, or that forgot what it was told, is woken and
set up again ("healed"); what it was doing ends with an error by name.
"""

import asyncio

from micropython import const

from tillqr.nfc.pn532_link import Pn532Link, Trouble
from tillqr.nfc.target import Target, felica, type_a, type_b
from tillqr.unload import load

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.nfc.contact import Contact

FIRMWARE = b"\x02"  # GetFirmwareVersion [7.2.2]
_SAM = b"\x14\x01\x00\x00"  # SAMConfiguration [7.2.10]: no SAM, no interrupt line
_POWER_DOWN = b"\x16\xb0"  # PowerDown [7.2.11], until it hears its I2C, SPI or HSU
_FIELD_OFF = b"\x32\x01\x00"  # RFConfiguration [7.3.1]; a search switches it on
_TIMINGS = b"\x32\x02\x00\x0b\x0a"  # an ATR_RES in 102 ms; any other answer in 51 ms, as it says
_RETRIES = b"\x32\x05\xff\x01\x00"  # the last: a search doesn't try again, where it would for ever
_RELEASE = b"\x52\x00"  # InRelease [7.3.11] of all
_CHIP = const(0x32)  # a PN532, by its firmware version
CALL_MS = const(100)
"""How long the reader may take for a command that is its own."""
_RESET_MS = const(5)  # without a field a card forgets all (ISO/IEC 14443-3, 5.4)
_SEARCHES = {
    # InListPassiveTarget [7.3.5]: how many at most, which kind, and what is asked for. A FeliCa
    # card hears 212 kbit/s, whichever it prefers.
    "A": (b"\x4a\x02\x00", b"", type_a),
    "B": (b"\x4a\x01\x03", b"\x00", type_b),
    "F": (b"\x4a\x01\x01", b"\x00\xff\xff\x00\x00", felica),
}
CONTACT = "tillqr.nfc.contact"
_KINDS = ("A", "B", "F")  # most cards first; a dictionary has no order


class ReaderError(Exception):
    """The reader itself failed, and was healed, or could not be; args[0] is a name:
    "reader_silent", "reader_garbled" (its frames are wrong), "reader_refused" (it knows no such
    command), "reader_reset" (it forgot the card), "reader_absent" (nothing brings it back)."""


class CardError(Exception):
    """The card failed; args[0] is a name: "card_gone" (no answer in time), "card_nak" (a card
    without ISO-DEP refused, or its answer was garbled: the reader can't tell), "card_error"."""


class Pn532:
    """The reader; one task at a time may use it."""

    def __init__(self, transport, count: "Callable[[str], None]") -> None:  # type: ignore[no-untyped-def]
        """transport: Hsu, Spi or I2c; count(name) is told what went wrong and what was mended."""
        self._count = count
        self.most = transport.most
        self.link = Pn532Link(transport, count)
        self.target: "Target | None" = None
        self._rests = False

    async def start(self) -> None:
        """Wake it and set it up; raises ReaderError."""
        for _ in range(3):
            try:
                return await self._set_up()
            except Trouble:
                pass
        raise ReaderError("reader_absent")

    async def find(self) -> "list[Target]":
        """The targets of the first kind that is in the field, of A, B and FeliCa: none, one or, of
        type A, two. The first one is selected. Takes 60 ms without a card; raises ReaderError."""
        try:
            return await self.search(_KINDS)
        except ReaderError as error:
            if error.args[0] == "reader_absent":
                raise
        return await self.search(_KINDS)

    def contact(self) -> "Contact":
        """What talks to the first target that was found. Its module, CONTACT, is loaded for it."""
        return load(CONTACT).Contact(self)

    async def release(self) -> None:
        """Let go of all targets; raises ReaderError."""
        self.target = None
        await self.call(_RELEASE)

    async def rest(self) -> None:
        """Switch the field off and sleep, until the next search; raises ReaderError."""
        self.target = None
        await self.call(_FIELD_OFF)
        await self.call(_POWER_DOWN)
        self._rests = True

    async def _set_up(self) -> None:
        """Wake it and tell it all that it has to know; raises Trouble."""
        self.target = None
        self._rests = False
        await self.link.wake()
        await self.link.call(_SAM, b"", CALL_MS)  # the first command: nothing else ends its sleep
        version = await self.link.call(FIRMWARE, b"", CALL_MS)
        if len(version) < 4 or version[0] != _CHIP:
            raise Trouble("reader_garbled")
        for command in (_TIMINGS, _RETRIES, _FIELD_OFF):
            await self.link.call(command, b"", CALL_MS)

    async def heal(self) -> None:
        """Have it work again; raises ReaderError."""
        self._count("reader_healed")
        await self.start()

    async def call(self, head: bytes, data: bytes = b"") -> memoryview:
        """A command that may be sent twice; raises ReaderError."""
        try:
            return await self.link.call(head, data, CALL_MS)
        except Trouble as trouble:
            name = trouble.args[0]
        await self.heal()
        raise ReaderError(name)

    async def search(self, kinds) -> "list[Target]":  # type: ignore[no-untyped-def]
        """What is in the field, of the first of some kinds that has anything."""
        self.target = None
        if self._rests:
            self._rests = False
            await self.link.wake()
        await self.call(_FIELD_OFF)  # what a card was told before, as to be silent, is forgotten
        await asyncio.sleep_ms(_RESET_MS)
        for kind in kinds:
            head, data, read = _SEARCHES[kind]
            found = _targets(await self.call(head, data), read)
            if found:
                self.target = found[0]
                return found
        return []


def _targets(response: memoryview, read) -> "list[Target]":  # type: ignore[no-untyped-def]
    """The targets that a search found; none if they are cut, as the next search comes soon."""
    found: "list[Target]" = []
    try:
        at = 1
        for _ in range(response[0]):
            target, size = read(response[at:])
            found.append(target)
            at += size
    except (IndexError, ValueError):
        return []
    return found
