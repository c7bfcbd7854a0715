"""Recovery: reads the journal when the display starts, and is let go then (PROTOCOL.md, 12).

A record that is damaged hides no other one: one flipped bit is found by the record's CRC-32 and put
right; anything else is passed over up to the next record. While there is damage, the other segment
is read too: it has what was known before.
"""

import binascii

from micropython import const

from tillqr.sale.attempts import MAX_ATTEMPTS, Attempt
from tillqr.sale.journal import ATTEMPT, HEADER, SIZE, Journal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.board.segments import Segments

_HEAD = const(6)
_AROUND = const(10)  # head and CRC
_MAX_RECORD = const(144)


class _Segment:
    """What is in one segment."""

    def __init__(self, data: bytearray, count: "Callable[[str], None]") -> None:
        self._data = data
        self._view = memoryview(data)
        self._count = count
        self.sequence = 0
        self.generation = 0
        self.damaged = False
        self.attempts: list[Attempt] = []
        self._promised = 0
        self._read()
        self.damaged = self.damaged or len(self.attempts) < self._promised

    @property
    def room(self) -> int:
        """Bytes that may still be appended."""
        return 0 if self.damaged else max(0, SIZE - len(self._data))

    def _read(self) -> None:
        at = 0
        while at < len(self._data):
            size = self._size_at(at)
            if not size:
                self.damaged = True
                size = self._mended(at)
            if size:
                self._take(at, size)
            else:
                self._count("journal_damaged")
                size = 1
                while at + size < len(self._data) and not self._size_at(at + size):
                    size += 1
            at += size

    def _size_at(self, at: int) -> int:
        """The size of the record there, or 0 if none is."""
        end = at + _AROUND + self._data[at]
        if end > len(self._data):
            return 0
        crc = int.from_bytes(self._view[end - 4 : end], "big")
        return end - at if binascii.crc32(self._view[at : end - 4]) == crc else 0

    def _mended(self, at: int) -> int:
        """The size of the record that is there but for one bit, which is put right; or 0."""
        for place in range(at, min(at + _MAX_RECORD, len(self._data))):
            for bit in range(8):
                self._data[place] ^= 1 << bit
                size = self._size_at(at)
                if size:
                    self._count("journal_mended")
                    return size
                self._data[place] ^= 1 << bit
        return 0

    def _take(self, at: int, size: int) -> None:
        kind = self._data[at + 1]
        payload = bytes(self._view[at + _HEAD : at + size - 4])
        self.sequence = max(self.sequence, int.from_bytes(self._view[at + 2 : at + _HEAD], "big"))
        if kind == HEADER and len(payload) == 5:
            self.generation = int.from_bytes(payload[:4], "big")
            self._promised = payload[4]
        elif kind == ATTEMPT:
            try:
                self.attempts.append(_decoded(payload))
            except (ValueError, IndexError):
                self._count("journal_damaged")
                self.damaged = True


def recover(
    segments: "Segments", count: "Callable[[str], None]"
) -> "tuple[list[Attempt], Journal]":
    """The attempts that the journal has, the oldest first, and the journal to go on with.

    count(name) counts what is damaged. Raises OSError if the flash can't be read.
    """
    old, new = (_Segment(bytearray(segments.read(number)), count) for number in (0, 1))
    last = 1
    if old.sequence > new.sequence:
        old, new, last = new, old, 0
    attempts: list[Attempt] = []
    for segment in (old, new) if new.damaged else (new,):
        for attempt in segment.attempts:
            _put(attempts, attempt)
    generation = max(new.generation, old.generation)
    if generation & 1 != last:
        generation += 1  # the newer one's is not known: its number is
    _forget(attempts)
    _question(attempts)
    return attempts, Journal(segments, generation, new.sequence, new.room)


def _put(attempts: list[Attempt], attempt: Attempt) -> None:
    """Put a later word on an attempt in the earlier one's place."""
    for index in range(len(attempts)):
        if attempts[index].nonce == attempt.nonce:
            attempts[index] = attempt
            return
    attempts.append(attempt)


def _forget(attempts: list[Attempt]) -> None:
    """Forget the oldest that may be forgotten, as the book had."""
    for attempt in list(attempts):
        if len(attempts) > MAX_ATTEMPTS and attempt.settled and attempt.delivered:
            attempts.remove(attempt)


def _question(attempts: list[Attempt]) -> None:
    """What the backend is to be asked: what became of the last attempt, if it was open; all before
    it had ended, though nothing may say how."""
    for attempt in attempts:
        if attempt.settled:
            continue
        attempt.question = "close"
        if not attempt.outcome and attempt is attempts[-1]:
            attempt.question = "ask"
        elif not attempt.outcome:
            attempt.outcome, attempt.stored = "cancelled", False


def _decoded(payload: bytes) -> Attempt:
    """The attempt of a record; raises ValueError or IndexError."""
    texts = []
    at = 18
    for _ in range(7):
        end = at + 1 + payload[at]
        texts.append(str(payload[at + 1 : end], "utf-8"))
        at = end
    if at != len(payload):
        raise ValueError("the record has another size")
    currency, order, register, outcome, settled, transaction, reason = texts
    amount = int.from_bytes(payload[12:17], "big")
    attempt = Attempt(payload[:12].hex(), order, register, amount, currency)
    attempt.outcome, attempt.settled = outcome, settled
    attempt.transaction, attempt.reason = transaction, reason
    attempt.delivered = payload[17] > 0
    attempt.stored = True
    return attempt
