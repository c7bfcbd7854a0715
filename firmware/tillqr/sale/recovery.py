"""Recovery: reads the journal when the display starts, and is let go then (PROTOCOL.md, 12).

A record that is damaged hides no other one: one flipped bit is found by the record's CRC-32 and put
right; anything else is passed over up to the next record. While there is damage, the other segment
is read too: it has what was known before.
"""

import binascii

from micropython import const

from tillqr.sale.attempts import KEPT, MACHINE, METHODS, Attempt
from tillqr.sale.journal import ATTEMPT, HEADER, SIZE, Journal

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.board.segments import Segments

_HEAD = const(6)
_AROUND = const(10)  # head and CRC
_MAX_RECORD = const(144)


class _Segment:
    """One segment, as it was read into a buffer that all share."""

    def __init__(
        self, segments: "Segments", number: int, buffer: memoryview, book: "list[Attempt] | None"
    ) -> None:
        """book: takes what is there on each attempt; None to look only how the segment is."""
        self.number = number
        self._size = segments.read(number, buffer)
        self._view = buffer
        self._book = book
        self.sequence = 0
        self.generation = number
        self.mended = self.damaged = 0
        self._found = self._promised = 0
        self._read()
        if self._found < self._promised:
            self.damaged += 1

    @property
    def room(self) -> int:
        """Bytes that may still be appended."""
        return 0 if self.mended or self.damaged else SIZE - self._size

    def _read(self) -> None:
        at = 0
        while at < self._size:
            size = self._size_at(at) or self._mended(at)
            if size:
                self._take(at, size)
            else:
                self.damaged += 1
                size = 1
                while at + size < self._size and not self._size_at(at + size):
                    size += 1
            at += size

    def _size_at(self, at: int) -> int:
        """The size of the record there, or 0 if none is."""
        end = at + _AROUND + self._view[at]
        if end > self._size:
            return 0
        crc = int.from_bytes(self._view[end - 4 : end], "big")
        return end - at if binascii.crc32(self._view[at : end - 4]) == crc else 0

    def _mended(self, at: int) -> int:
        """The size of the record that is there but for one bit, which is put right; or 0."""
        for place in range(at, min(at + _MAX_RECORD, self._size)):
            for bit in range(8):
                self._view[place] ^= 1 << bit
                size = self._size_at(at)
                if size:
                    self.mended += 1
                    return size
                self._view[place] ^= 1 << bit
        return 0

    def _take(self, at: int, size: int) -> None:
        kind = self._view[at + 1]
        payload = self._view[at + _HEAD : at + size - 4]
        self.sequence = max(self.sequence, int.from_bytes(self._view[at + 2 : at + _HEAD], "big"))
        if kind == HEADER and len(payload) == 5:
            self.generation = int.from_bytes(payload[:4], "big")
            self._promised = payload[4]
        elif kind == ATTEMPT:
            self._found += 1
            try:
                _put(self._book, bytes(payload))
            except (ValueError, IndexError):
                self.damaged += 1


def recover(
    segments: "Segments", count: "Callable[[str], None]"
) -> "tuple[list[Attempt], Journal]":
    """The attempts that the journal has, the oldest first, and the journal to go on with.

    count(name) counts what is damaged. Raises OSError if the flash can't be read.
    """
    buffer = memoryview(bytearray(SIZE))
    old, new = (_Segment(segments, number, buffer, None) for number in (0, 1))
    if old.sequence > new.sequence:
        old, new = new, old
    book: list[Attempt] = []
    if new.damaged:
        _Segment(segments, old.number, buffer, book)
    _Segment(segments, new.number, buffer, book)
    for segment in (old, new):
        for _ in range(segment.mended):
            count("journal_mended")
        for _ in range(segment.damaged):
            count("journal_damaged")
    generation = max(new.generation, old.generation)
    if generation & 1 != new.number:
        generation += 1  # the newer one's is not known: its number is
    _question(book)
    return book, Journal(segments, generation, new.sequence, new.room)


def _put(book: "list[Attempt] | None", payload: bytes) -> None:
    """Put a later word on an attempt in the earlier one's place, and forget as the book did; raises
    ValueError or IndexError."""
    attempt = _decoded(payload)
    if book is None:
        return
    for index in range(len(book)):
        if book[index].nonce == attempt.nonce:
            book[index] = attempt
            return
    book.append(attempt)
    for old in book:
        if len(book) > KEPT and old.settled and old.delivered:
            book.remove(old)
            return


def _question(book: "list[Attempt]") -> None:
    """What the backend is to be asked: what became of the last attempt, if it was open; all before
    it had ended, though nothing may say how. What a card machine has begun only it can end."""
    for attempt in book:
        if attempt.settled:
            continue
        attempt.question = "close"
        if attempt.cancelling:
            continue
        if not attempt.outcome and attempt is book[-1]:
            attempt.question = "ask"
        elif not attempt.outcome and attempt.method != MACHINE:
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
    if transaction:
        attempt.transaction = transaction
    if reason:
        attempt.reason = reason
    flags = payload[17]
    if flags & 6:
        attempt.method = METHODS[flags >> 1 & 3]
    if flags & 8:
        attempt.cancelling = True
    attempt.delivered = flags & 1 > 0
    attempt.stored = True
    return attempt
