"""What is said with the card that the reader has selected (UM0701-02; section numbers in brackets).

Loaded for a card that is dealt with.
"""

import time

from micropython import const

from tillqr.nfc.pn532 import CALL_MS, FIRMWARE, CardError, ReaderError
from tillqr.nfc.pn532_link import Late, Trouble

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.pn532 import Pn532

_EXCHANGE = b"\x40\x01"  # InDataExchange [7.3.8] with target 1
_EXCHANGE_MORE = b"\x40\x41"  # more of the command comes in the next one (MI)
_THROUGH = b"\x42"  # InCommunicateThru [7.3.9]
_ATTENDANCE = b"\x00\x06"  # Diagnose [7.2.1]: whether a target with ISO-DEP answers
_MORE = const(0x40)
_ERROR = const(0x3F)
_MOST_ANSWER = const(512)
_GONE = (0x01, 0x29, 0x2B)  # error codes [7.1]: no answer; released; it disappeared
_FORGOTTEN = const(0x27)  # there is no such target
_NAK = (0x02, 0x05, 0x13, 0x14)
"""How four bits in an answer's place look: a wrong checksum, a wrong frame, no authentication."""


class Contact:
    """The card, as long as it is there."""

    def __init__(self, reader: "Pn532") -> None:
        """reader: has found it."""
        self._reader = reader

    async def exchange(self, data: bytes, milliseconds: int) -> bytes:
        """One command to the selected target and its answer, of 512 bytes at most.

        With ISO-DEP an APDU; else bytes without a CRC. Raises CardError, or ReaderError, within
        that time or half a second after it; after either the target has to be found again.
        """
        self._selected()
        deadline = time.ticks_add(time.ticks_ms(), milliseconds)
        rest = memoryview(data)
        while len(rest) > self._reader.most:
            await self._card(_EXCHANGE_MORE, rest[: self._reader.most], deadline)
            rest = rest[self._reader.most :]
        part = await self._card(_EXCHANGE, rest, deadline)
        answer = bytes(part[1:])
        while part[0] & _MORE:
            part = await self._card(_EXCHANGE, b"", deadline)
            if len(answer) + len(part) - 1 > _MOST_ANSWER:
                self._reader.target = None
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
        target = self._reader.target
        if target is None:
            return False
        if target.iso_dep:
            status = await self._reader.call(_ATTENDANCE)
            return len(status) > 0 and status[0] == 0
        found = await self._reader.search((target.technology,))
        return target.identifier in [one.identifier for one in found]

    def _selected(self) -> None:
        if self._reader.target is None:
            raise CardError("card_gone")

    async def _card(self, head: bytes, data: "bytes | memoryview", deadline: int) -> memoryview:
        """A command that the card carries out, once; its status and what the card answered."""
        left = time.ticks_diff(deadline, time.ticks_ms())
        if left <= 0:
            self._reader.target = None
            raise CardError("card_gone")
        try:
            answer = await self._reader.link.call(head, data, left, once=True)
        except Late:
            return await self._judge()
        except Trouble as trouble:
            name = trouble.args[0]
        else:
            if len(answer) and not answer[0] & _ERROR:
                return answer
            name = self._error(answer[0] if len(answer) else _ERROR)
        self._reader.target = None
        await self._reader.heal()
        raise ReaderError(name)

    async def _judge(self) -> memoryview:
        """There was no answer in time: find out whose fault that is, and raise it."""
        self._reader.target = None
        await self._reader.link.abort()
        try:
            await self._reader.link.call(FIRMWARE, b"", CALL_MS)
        except Trouble:
            await self._reader.heal()
            raise ReaderError("reader_silent") from None
        raise CardError("card_gone")

    def _error(self, status: int) -> str:
        """Raise what a status is of the card's errors; or the name of one of the reader's."""
        code = status & _ERROR
        if code == _FORGOTTEN:
            return "reader_reset"
        plain = self._reader.target is not None and not self._reader.target.iso_dep
        self._reader.target = None
        if code in _GONE:
            raise CardError("card_gone")
        raise CardError("card_nak" if plain and code in _NAK else "card_error")
