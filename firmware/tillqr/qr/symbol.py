"""A finished symbol, and the memory that it is made in: what stays when the encoder is let go."""

import sys

_MICROPYTHON = sys.implementation.name == "micropython"


class BadArgument(ValueError):
    """The named argument is outside what ISO/IEC 18004 defines, or of the wrong type."""


class QrCode:
    """A symbol, without its quiet zone of four light modules on every side.

    version     1 to 40
    size        modules on a side, 4 * version + 17
    level       "L", "M", "Q" or "H", which boosting may have raised
    mask        0 to 7, the data mask pattern
    stride      bytes in a row
    rows        all of them, 1 is dark, most significant bit leftmost, pad bits zero
    """

    def __init__(self) -> None:
        self.version = self.size = self.mask = self.stride = 0
        self.level = ""
        self.rows = bytearray(0)

    def module(self, x: int, y: int) -> int:
        """1 if the module in column `x` of row `y`, counted from the top left, is dark, else 0."""
        if not (0 <= x < self.size and 0 <= y < self.size):
            raise BadArgument("module")
        return self.rows[y * self.stride + (x >> 3)] >> (7 - (x & 7)) & 1

    def row(self, y: int) -> memoryview:
        """Row `y` as `stride` bytes."""
        if not 0 <= y < self.size:
            raise BadArgument("row")
        start = y * self.stride
        return memoryview(self.rows)[start : start + self.stride]


class Memory:
    """What encoders work in, one after another; the encoder has it grow."""

    def __init__(self) -> None:
        self.words: "bytearray | memoryview | None" = None
        """The latest symbol's matrix (matrix.py)."""
        self.room = 0
        """How many words that has."""
        self.code = QrCode()
        """The latest symbol."""

    def work_in(self, buffer: bytearray) -> None:
        """Have the matrix in a buffer, as long as that is large enough."""
        # MicroPython's kernels take any memory as words, CPython's need words.
        self.words = buffer if _MICROPYTHON else memoryview(buffer).cast("I")
        self.room = len(buffer) // 4
