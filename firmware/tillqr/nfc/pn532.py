"""NXP PN532 contactless reader (UM0701-02; section numbers in brackets), on any of its buses.

A reader that falls silent, as they do after hours, or that forgot what it was told, is woken and
set up again ("healed"); what it was doing ends with an error by name.
"""

import asyncio
import time

from micropython import const

from tillqr.nfc.pn532_link import Late, Pn532Link, Trouble
from tillqr.nfc.target import Target, felica, type_a, type_b

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_FIRMWARE = b"\x02"  # GetFirmwareVersion [7.2.2]
_SAM = b"\x14\x01\x00\x00"  # SAMConfiguration [7.2.10]: no SAM, no interrupt line
_POWER_DOWN = b"\x16\xb0"  # PowerDown [7.2.11], until it hears its I2C, SPI or HSU
_FIELD_OFF = b"\x32\x01\x00"  # RFConfiguration [7.3.1]; a search switches it on
_TIMINGS = b"\x32\x02\x00\x0b\x0a"  # an ATR_RES in 102 ms; any other answer in 51 ms, as it says
_RETRIES = b"\x32\x05\xff\x01\x00"  # the last: a search doesn't try again, where it would for ever
_EXCHANGE = b"\x40\x01"  # InDataExchange [7.3.8] with target 1
_EXCHANGE_MORE = b"\x40\x41"  # more of the command comes in the next one (MI)
_THROUGH = b"\x42"  # InCommunicateThru [7.3.9]
_RELEASE = b"\x52\x00"  # InRelease [7.3.11] of all
_ATTENDANCE = b"\x00\x06"  # Diagnose [7.2.1]: whether a target with ISO-DEP answers
_CHIP = const(0x32)  # a PN532, by its firmware version
_CALL_MS = const(100)
_RESET_MS = const(5)  # without a field a card forgets all (ISO/IEC 14443-3, 5.4)
_MORE = const(0x40)
_ERROR = const(0x3F)
_MOST_ANSWER = const(512)
_SEARCHES = {
    # InListPassiveTarget [7.3.5]: how many at most, which kind, and what is asked for. A FeliCa
    # card hears 212 kbit/s, whichever it prefers.
    "A": (b"\x4a\x02\x00", b"", type_a),
    "B": (b"\x4a\x01\x03", b"\x00", type_b),
    "F": (b"\x4a\x01\x01", b"\x00\xff\xff\x00\x00", felica),
}
_KINDS = ("A", "B", "F")  # most cards first; a dictionary has no order
_GONE = (0x01, 0x29, 0x2B)  # error codes [7.1]: no answer; released; it disappeared
_FORGOTTEN = const(0x27)  # there is no such target
_NAK = (0x02, 0x05, 0x13, 0x14)
"""How four bits in an answer's place look: a wrong checksum, a wrong frame, no authentication."""


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
        self._most = transport.most
        self._link = Pn532Link(transport, count)
        self._target: "Target | None" = None
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
            return await self._search(_KINDS)
        except ReaderError as error:
            if error.args[0] == "reader_absent":
                raise
        return await self._search(_KINDS)

    async def exchange(self, data: bytes, milliseconds: int) -> bytes:
        """One command to the selected target and its answer, of 512 bytes at most.

        With ISO-DEP an APDU; else bytes without a CRC. Raises CardError, or ReaderError, within
        that time or half a second after it; after either the target has to be found again.
        """
        self._selected()
        deadline = time.ticks_add(time.ticks_ms(), milliseconds)
        rest = memoryview(data)
        while len(rest) > self._most:
            await self._card(_EXCHANGE_MORE, rest[: self._most], deadline)
            rest = rest[self._most :]
        part = await self._card(_EXCHANGE, rest, deadline)
        answer = bytes(part[1:])
        while part[0] & _MORE:
            part = await self._card(_EXCHANGE, b"", deadline)
            if len(answer) + len(part) - 1 > _MOST_ANSWER:
                self._target = None
                raise CardError("card_error")
            answer += part[1:]
        return answer

    async def raw(self, data: bytes, milliseconds: int) -> bytes:
        """At most 263 bytes to the card that was found, and its answer, both without a CRC;
        raises as `exchange` does."""
        self._selected()
        deadline = time.ticks_add(time.ticks_ms(), milliseconds)
        return bytes((await self._card(_THROUGH, data, deadline))[1:])

    async def present(self) -> bool:
        """Whether the target that was found is still there; raises ReaderError."""
        target = self._target
        if target is None:
            return False
        if target.iso_dep:
            status = await self._call(_ATTENDANCE)
            return len(status) > 0 and status[0] == 0
        found = await self._search((target.technology,))
        return target.identifier in [one.identifier for one in found]

    async def release(self) -> None:
        """Let go of all targets; raises ReaderError."""
        self._target = None
        await self._call(_RELEASE)

    async def rest(self) -> None:
        """Switch the field off and sleep, until the next search; raises ReaderError."""
        self._target = None
        await self._call(_FIELD_OFF)
        await self._call(_POWER_DOWN)
        self._rests = True

    async def _set_up(self) -> None:
        """Wake it and tell it all that it has to know; raises Trouble."""
        self._target = None
        self._rests = False
        await self._link.wake()
        await self._link.call(_SAM, b"", _CALL_MS)  # the first command: nothing else ends its sleep
        version = await self._link.call(_FIRMWARE, b"", _CALL_MS)
        if len(version) < 4 or version[0] != _CHIP:
            raise Trouble("reader_garbled")
        for command in (_TIMINGS, _RETRIES, _FIELD_OFF):
            await self._link.call(command, b"", _CALL_MS)

    async def _heal(self) -> None:
        """Have it work again; raises ReaderError."""
        self._count("reader_healed")
        await self.start()

    async def _call(self, head: bytes, data: bytes = b"") -> memoryview:
        """A command that may be sent twice; raises ReaderError."""
        try:
            return await self._link.call(head, data, _CALL_MS)
        except Trouble as trouble:
            name = trouble.args[0]
        await self._heal()
        raise ReaderError(name)

    async def _search(self, kinds) -> "list[Target]":  # type: ignore[no-untyped-def]
        """What is in the field, of the first of some kinds that has anything."""
        self._target = None
        if self._rests:
            self._rests = False
            await self._link.wake()
        await self._call(_FIELD_OFF)  # what a card was told before, as to be silent, is forgotten
        await asyncio.sleep_ms(_RESET_MS)
        for kind in kinds:
            head, data, read = _SEARCHES[kind]
            found = _targets(await self._call(head, data), read)
            if found:
                self._target = found[0]
                return found
        return []

    def _selected(self) -> None:
        if self._target is None:
            raise CardError("card_gone")

    async def _card(self, head: bytes, data: "bytes | memoryview", deadline: int) -> memoryview:
        """A command that the card carries out, once; its status and what the card answered."""
        left = time.ticks_diff(deadline, time.ticks_ms())
        if left <= 0:
            self._target = None
            raise CardError("card_gone")
        try:
            answer = await self._link.call(head, data, left, once=True)
        except Late:
            return await self._judge()
        except Trouble as trouble:
            name = trouble.args[0]
        else:
            if len(answer) and not answer[0] & _ERROR:
                return answer
            name = self._error(answer[0] if len(answer) else _ERROR)
        self._target = None
        await self._heal()
        raise ReaderError(name)

    async def _judge(self) -> memoryview:
        """There was no answer in time: find out whose fault that is, and raise it."""
        self._target = None
        await self._link.abort()
        try:
            await self._link.call(_FIRMWARE, b"", _CALL_MS)
        except Trouble:
            await self._heal()
            raise ReaderError("reader_silent") from None
        raise CardError("card_gone")

    def _error(self, status: int) -> str:
        """Raise what a status is of the card's errors; or the name of one of the reader's."""
        code = status & _ERROR
        if code == _FORGOTTEN:
            return "reader_reset"
        plain = self._target is not None and not self._target.iso_dep
        self._target = None
        if code in _GONE:
            raise CardError("card_gone")
        raise CardError("card_nak" if plain and code in _NAK else "card_error")


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
