"""The journal: the attempts on flash, so that a power cut loses no payment (PROTOCOL.md, 12).

A record is an attempt as it was when it was written; the last one of an attempt counts. Records are
appended to one of two segments. When it is full, the other one is begun with all that the book of
attempts has, so nothing that is not settled and delivered is ever forgotten. What was written is
read by recovery.py, at the start only.
"""

import binascii

from micropython import const

from tillqr.sale import mac
from tillqr.sale.attempts import METHODS

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.board.segments import Segments
    from tillqr.sale.attempts import Attempt

SIZE = const(4096)
"""Bytes of a segment at most: a block of the chip's flash."""
HEADER = const(0)
ATTEMPT = const(1)


class Journal:
    """Writes what has changed."""

    def __init__(
        self, segments: "Segments", generation: int = 0, sequence: int = 0, room: int = 0
    ) -> None:
        """generation, sequence: the last ones that were written; room: bytes that the segment
        still takes, 0 to begin the other one."""
        self._segments = segments
        self._generation = generation
        self.sequence = sequence
        """How often it was written, ever: what the flash has borne."""
        self._room = room
        self.failing = False
        """Whether the last try to write has failed."""

    def commit(self, attempts: "list[Attempt]") -> None:
        """Write those of all attempts that are not stored as they are, in one go; after a failure
        all of them, though there were none. Raises OSError, and nothing was written then."""
        data = b""
        for attempt in attempts:
            if not attempt.stored:
                data += self._record(ATTEMPT, _encoded(attempt))
        if not data and not self.failing:
            return
        self.failing = True
        room, self._room = self._room, 0  # after a failure the other segment is begun
        if len(data) <= room:
            self._segments.append(self._generation & 1, data)
            room -= len(data)
        else:
            room = self._begin(attempts)
        self._room = room
        self.failing = False
        self.sequence += 1
        for attempt in attempts:
            attempt.stored = True

    def _begin(self, attempts: "list[Attempt]") -> int:
        """Begin the other segment with all attempts; the room that is left."""
        generation = self._generation + 1
        data = self._record(HEADER, generation.to_bytes(4, "big") + bytes((len(attempts),)))
        for attempt in attempts:
            data += self._record(ATTEMPT, _encoded(attempt))
        self._segments.replace(generation & 1, data)
        self._generation = generation
        return max(0, SIZE - len(data))

    def _record(self, kind: int, payload: bytes) -> bytes:
        head = bytes((len(payload), kind)) + (self.sequence + 1).to_bytes(4, "big") + payload
        return head + binascii.crc32(head).to_bytes(4, "big")


def _encoded(attempt: "Attempt") -> bytes:
    """An attempt as a record has it; 134 bytes at most."""
    out = bytes.fromhex(attempt.nonce) + attempt.amount.to_bytes(5, "big")
    method = METHODS.index(attempt.method)
    out += bytes((attempt.delivered | method << 1 | attempt.cancelling << 3,))
    for text in (
        attempt.currency,
        attempt.order,
        attempt.register,
        attempt.outcome,
        attempt.settled,
        attempt.transaction,
        attempt.reason,
    ):
        out += mac.prefixed(text.encode())
    return out
