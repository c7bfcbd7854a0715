"""The encoder: from text to symbol, one step of ISO/IEC 18004 clause 7.1 after another.

A display has it in memory only while it makes a code, as it does all that these steps are given;
what they do in viper stays, as machine code is not freed on the chip, and so does symbol.py.
"""

import sys

from .correction import correct
from .functions import draw_functions
from .masking import apply, export
from .matrix import words_needed
from .penalty import penalty
from .placement import place
from .segments import plan, utf8_length, write
from .symbol import BadArgument, Memory, QrCode
from .tables import (
    ALPHANUMERIC,
    BLOCKS,
    ECC_PER_BLOCK,
    FIELD,
    GENERATORS,
    HEADS,
    LEVELS,
    PATTERNS,
    data_codewords,
    raw_codewords,
)

# MicroPython keeps str as UTF-8 and lets kernels read it in place; CPython does not.
_MICROPYTHON = sys.implementation.name == "micropython"
_TYPES = (str, bytes, bytearray, memoryview)
_FIRST = b"\x01\x0a\x1b\x29"  # versions with which another width of count indicators begins


class DataTooLong(ValueError):
    """The data fits no allowed symbol.

    `capacity` is how much the largest allowed symbol takes and `needed` what the data would take,
    both in bits of segments, headers included.
    """

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"data takes {needed} bits, {capacity} fit ({capacity // 8} bytes)")
        self.needed = needed
        self.capacity = capacity


def _check(value: "int | None", most: int, name: str) -> None:
    if value is not None and not (isinstance(value, int) and 0 <= value <= most):
        raise BadArgument(name)


class Encoder:
    """Encodes symbols in memory that it keeps.

    A further symbol of the same version takes no memory. The QrCode that `encode` returns is always
    the same one and holds the latest symbol.
    """

    def __init__(self, memory: "Memory | None" = None) -> None:
        """memory: what an encoder before this one had."""
        self._memory = memory or Memory()
        self._stream = bytearray(0)  # the codewords

    @property
    def words(self) -> "bytearray | memoryview | None":
        """The latest symbol's matrix, as masking and scoring see it (matrix.py)."""
        return self._memory.words

    def encode(
        self,
        data: "str | bytes",
        level: str = "M",
        version: "int | None" = None,
        mask: "int | None" = None,
        boost: bool = True,
    ) -> QrCode:
        """Encode `data` as a QR Code symbol.

        `str` is encoded as UTF-8, with an ECI designator in front unless it is plain ASCII; `bytes`
        are taken as they are. `level` is the least error correction level, which `boost` raises as
        far as the version allows. `version` and `mask` are chosen, the smallest and the one with
        the lowest penalty, unless given. Raises DataTooLong and BadArgument.
        """
        _check(mask, 7, "mask")
        version = self.version_for(data, level, version)
        index = LEVELS.find(level)
        while boost and index < 3 and self._bits <= 8 * data_codewords(version, index + 1):
            index += 1
        self._build(version, index)
        return self._finish(version, index, mask)

    def version_for(
        self, data: "str | bytes", level: str = "M", version: "int | None" = None
    ) -> int:
        """The smallest version that takes `data` at `level`, or `version` if that does.

        Raises DataTooLong and BadArgument.
        """
        _check(version, 40, "version")
        if version == 0 or not isinstance(level, str) or len(level) != 1 or level not in LEVELS:
            raise BadArgument("version" if version == 0 else "level")
        self._load(data)
        return self._choose(LEVELS.find(level), version)

    def _load(self, data: "str | bytes") -> None:
        """Take `data` as octets, which are read in place, not copied."""
        if not isinstance(data, _TYPES):
            raise BadArgument("data")
        self._count = len(data)
        self._eci = 0
        if isinstance(data, str):
            if _MICROPYTHON:
                octets = utf8_length(0, self._count, data)
            else:
                data = data.encode()
                octets = len(data)
            if octets != self._count:
                self._count = octets
                self._eci = 12
        self._text = data

    def _choose(self, level: int, version: "int | None") -> int:
        """Plan the segments; return the smallest version that takes them, unless it is given."""
        for group in range(3):
            first = _FIRST[group]
            last = _FIRST[group + 1] - 1
            if version is not None:
                if not first <= version <= last:
                    continue
                first = last = version
            capacity = 8 * data_codewords(last, level)
            # an octet takes at least a digit's share: no need to look closer if that is too much
            self._bits = self._count * 10 // 3
            if self._bits <= capacity:
                self._grow(self._count // 4 + 4)
                self._bits = self._eci + plan(
                    0,
                    0,
                    self._text,
                    self._count,
                    HEADS[group],
                    self._memory.words,
                    ALPHANUMERIC,
                )
            if self._bits <= capacity:
                while first < last:
                    middle = (first + last) // 2
                    if self._bits <= 8 * data_codewords(middle, level):
                        last = middle
                    else:
                        first = middle + 1
                return first
        raise DataTooLong(self._bits, capacity)

    def _grow(self, words: int) -> None:
        """Have room for so many words; what they hold may be lost."""
        memory = self._memory
        if memory.room < words:
            memory.words = None  # so that old and new need not fit side by side
            memory.work_in(bytearray(4 * words))

    def _build(self, version: int, level: int) -> None:
        """Turn the planned segments into the unmasked symbol."""
        size = 4 * version + 17
        total = raw_codewords(version)
        start = total + 1
        end = start + data_codewords(version, level)
        # the final sequence and a zero, the data codewords, the last block's error correction
        length = start + data_codewords(version, 0) + 30
        memory = self._memory
        if len(self._stream) < length:
            self._stream = bytearray(length)
        stream = self._stream
        heads = HEADS[(version > 9) + (version > 26)]
        count = -self._count if self._eci else self._count
        write(0, start, end, stream, self._text, count, heads, memory.words, ALPHANUMERIC)
        self._text = b""
        self._grow(words_needed(size))
        _protect(stream, start, end, version, level)
        stream[total] = 0
        draw_functions(memory.words, size, version)
        place(0, 0, memory.words, size, (size + 31) >> 5, stream)

    def _finish(self, version: int, level: int, mask: "int | None") -> QrCode:
        """Mask the symbol: with `mask`, or the one of lowest penalty (of equals, the first)."""
        words = self._memory.words
        size = 4 * version + 17
        strips = (size + 31) >> 5
        code = self._memory.code
        code.level = LEVELS[level]
        level = (level ^ 1) << 3  # as the format information has it
        if mask is None:
            lowest = 1 << 29
            for candidate in range(8):
                apply(0, 0, words, size, strips, level | candidate, PATTERNS)
                score = penalty(0, 0, words, size, strips)
                if score < lowest:
                    lowest = score
                    mask = candidate
        apply(0, 0, words, size, strips, level | mask, PATTERNS)
        code.version = version
        code.size = size
        code.mask = mask
        code.stride = (size + 7) // 8
        if len(code.rows) < size * code.stride:
            code.rows = bytearray(size * code.stride)
        export(0, size, words, strips, code.rows)
        return code


def _protect(stream: object, start: int, end: int, version: int, level: int) -> None:
    """Write the final codeword sequence of a symbol to the start of `stream`.

    The data codewords lie in the same buffer from `start` to `end`, behind the place for the
    sequence. They are lost, and so are 30 bytes behind them.
    """
    entry = 40 * level + version - 1
    blocks = BLOCKS[entry]
    degree = ECC_PER_BLOCK[entry]
    short = (end - start) // blocks
    longer = blocks - (end - start) % blocks
    generator = GENERATORS[degree - 7]
    correct(0, 0, end, blocks, longer, short, degree, stream, FIELD, generator)
