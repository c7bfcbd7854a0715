"""What can go wrong between a PN532 and its host, at the n-th frame of a direction."""

from collections import Counter
from typing import Literal

Direction = Literal["in", "out"]
KINDS = (
    "corrupted",  # a bit is wrong
    "truncated",  # the second half is missing
    "missing",
    "late",  # by more than any command's patience
    "nacked",  # a NACK in its place; on I2C the address isn't acknowledged
    "stalled",  # the chip hangs until it is woken
    "reset",  # the chip starts anew, and knows nothing
    "dead",  # the chip hangs until the power is cut
)
LATE_SECONDS = 0.4


class Faults:
    """Which frame has which fault, and how many frames there were."""

    def __init__(self) -> None:
        self._set: dict[tuple[Direction, int], str] = {}
        self.seen: Counter[Direction] = Counter()
        """Frames so far; "in" is to the chip."""

    def at(self, direction: Direction, number: int, kind: str) -> None:
        """Spoil a frame: the `number`-th from now on, counted from 0."""
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; known: {', '.join(KINDS)}")
        self._set[direction, self.seen[direction] + number] = kind

    def clear(self) -> None:
        """Spoil nothing more."""
        self._set.clear()

    def peek(self, direction: Direction) -> str:
        """The fault that the next frame has."""
        return self._set.get((direction, self.seen[direction]), "")

    def next(self, direction: Direction) -> str:
        """The fault of the frame that comes now, or nothing."""
        number = self.seen[direction]
        self.seen[direction] += 1
        return self._set.pop((direction, number), "")


def spoil(frame: bytes, kind: str) -> bytes:
    """A frame with a fault of its bytes."""
    if kind == "corrupted":
        at = len(frame) // 2
        return frame[:at] + bytes((frame[at] ^ 0x10,)) + frame[at + 1 :]
    return frame[: len(frame) // 2] if kind == "truncated" else frame
