"""The encoder: from text to symbol, one step of ISO/IEC 18004 clause 7.1 after another."""

import sys
from array import array

from . import correction, masking, matrix, penalty, placement, segments
from .errors import BadArgument, DataTooLong
from .tables import LEVELS, MAX_VERSION, data_codewords, raw_codewords

# MicroPython keeps str as UTF-8 and lets kernels read it in place; CPython does not.
_MICROPYTHON = sys.implementation.name == "micropython"


class QrCode:
    """A symbol, without its quiet zone of four light modules on every side.

    version     1 to 40
    size        modules on a side, 4 * version + 17
    level       "L", "M", "Q" or "H", which boosting may have raised
    mask        0 to 7, the data mask pattern
    stride      bytes in a row
    """

    def __init__(self) -> None:
        self.version = self.size = self.mask = self.stride = 0
        self.level = ""
        self._rows = bytearray(0)

    def module(self, x: int, y: int) -> int:
        """1 if the module in column `x` of row `y`, counted from the top left, is dark, else 0."""
        if not (0 <= x < self.size and 0 <= y < self.size):
            raise BadArgument("no such module")
        return self._rows[y * self.stride + (x >> 3)] >> (7 - (x & 7)) & 1

    def row(self, y: int) -> memoryview:
        """Row `y` as `stride` bytes, 1 is dark, most significant bit leftmost, pad bits zero."""
        if not 0 <= y < self.size:
            raise BadArgument("no such row")
        start = y * self.stride
        return memoryview(self._rows)[start : start + self.stride]


def _new_words(count: int) -> object:
    """Memory for `count` 32-bit words; MicroPython's kernels take any, CPython's need an array."""
    return bytearray(4 * count) if _MICROPYTHON else array("I", bytes(4 * count))


def _level_index(level: str) -> int:
    index = LEVELS.find(level) if isinstance(level, str) and len(level) == 1 else -1
    if index < 0:
        raise BadArgument("level must be L, M, Q or H")
    return index


def _check(value: "int | None", least: int, most: int, name: str) -> None:
    if value is not None and not (isinstance(value, int) and least <= value <= most):
        raise BadArgument("%s must be %d to %d" % (name, least, most))


class Encoder:
    """Encodes symbols in memory that it keeps.

    A further symbol of the same version takes no memory. The QrCode that `encode` returns is always
    the same one and holds the latest symbol.
    """

    def __init__(self) -> None:
        self._words = None
        self._room = 0
        self._stream = bytearray(0)
        self._code = QrCode()
        self._text = b""
        self._count = self._bits = 0
        self._eci = False

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
        index = _level_index(level)
        _check(version, 1, MAX_VERSION, "version")
        _check(mask, 0, 7, "mask")
        self._load(data)
        version = self._plan(index, version)
        if boost:
            while index < 3 and self._bits <= 8 * data_codewords(version, index + 1):
                index += 1
        self._reserve(version)
        self._draw(version, index)
        size = 4 * version + 17
        if mask is None:
            mask = self._best_mask(size, index)
        masking.apply(self._words, size, index, mask)
        return self._result(version, index, mask)

    def version_for(self, data: "str | bytes", level: str = "M") -> int:
        """The smallest version that takes `data` at `level`. Raises DataTooLong, BadArgument."""
        index = _level_index(level)
        self._load(data)
        return self._plan(index, None)

    def _load(self, data: "str | bytes") -> None:
        """Take `data` as octets. They are read in place, so nothing is copied."""
        if isinstance(data, str):
            characters = len(data)
            if _MICROPYTHON:
                self._count = segments.utf8_length(data, 0, characters)
            else:
                data = data.encode()
                self._count = len(data)
            self._eci = self._count != characters
        elif isinstance(data, (bytes, bytearray, memoryview)):
            self._count = len(data)
            self._eci = False
        else:
            raise BadArgument("data must be str or bytes")
        self._text = data

    def _plan(self, level: int, version: "int | None") -> int:
        """Choose segments and, unless given, the version; return that."""
        self._grow(self._count // 4 + 4)
        first = last = version
        capacity = 0
        for group in range(3):
            if version is None:
                first = (1, 10, 27)[group]
                last = (9, 26, 40)[group]
            elif group != segments.version_group(version):
                continue
            capacity = 8 * data_codewords(last, level)
            # an octet takes at least a digit's share: no need to look closer if that is too much
            self._bits = self._count * 10 // 3
            if self._bits > capacity:
                continue
            self._bits = segments.plan(self._text, self._count, self._eci, group, self._words)
            if self._bits <= capacity:
                while self._bits > 8 * data_codewords(first, level):
                    first += 1
                return first
        raise DataTooLong(self._bits, capacity)

    def _grow(self, words: int) -> None:
        """Have room for so many words; what they hold may be lost."""
        if self._room < words:
            self._words = None  # so that old and new need not fit side by side
            self._words = _new_words(words)
            self._room = words

    def _reserve(self, version: int) -> None:
        """Have room for a symbol of `version`, keeping the planned segments."""
        size = 4 * version + 17
        # the final sequence and a zero, the data codewords, the last block's error correction
        length = raw_codewords(version) + data_codewords(version, 0) + 31
        if len(self._stream) < length:
            self._stream = bytearray(length)
        code = self._code
        code.stride = (size + 7) // 8
        if len(code._rows) < size * code.stride:
            code._rows = bytearray(size * code.stride)

    def _draw(self, version: int, level: int) -> None:
        """Turn the planned segments into the unmasked symbol."""
        total = raw_codewords(version)
        count = data_codewords(version, level)
        stream = self._stream
        group = segments.version_group(version)
        start = total + 1
        segments.write(
            self._text, self._count, self._eci, group, self._words, stream, start, start + count
        )
        self._text = b""
        size = 4 * version + 17
        self._grow(matrix.words_needed(size))
        correction.protect(stream, start, count, version, level)
        stream[total] = 0
        matrix.draw_functions(self._words, size, version)
        placement.place(self._words, size, stream)

    def _best_mask(self, size: int, level: int) -> int:
        """The mask with the lowest penalty; of equals, the first."""
        best = 0
        lowest = 1 << 29
        for mask in range(8):
            masking.apply(self._words, size, level, mask)
            score = penalty.penalty(self._words, size, lowest)
            if score < lowest:
                lowest = score
                best = mask
        return best

    def _result(self, version: int, level: int, mask: int) -> QrCode:
        code = self._code
        code.version = version
        code.size = 4 * version + 17
        code.level = LEVELS[level]
        code.mask = mask
        masking.export(self._words, code.size, code._rows)
        return code
