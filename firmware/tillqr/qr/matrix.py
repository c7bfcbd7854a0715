"""The symbol's matrix and its function patterns (ISO/IEC 18004 clauses 6.3 and 7.10).

The matrix lives in 32-bit words, so that later stages handle 32 modules at once. A line (a row, or
a column) is cut into strips of 32 modules, the leftmost (topmost) module in the most significant
bit; a strip holds one word a line, with four words between strips for the light modules of the
quiet zone. For a symbol of S strips, `words` holds

    free      S strips    1 where a data module goes (the same for rows and columns)
    plain     2S strips   the rows and then the columns of the unmasked symbol
    masked    2S strips   the same after masking

each with four words before it. In a last strip the bits beyond the symbol are 1 in odd lines and 0
in even ones: no run and no pattern that the penalties look for can then arise there.
"""

import micropython
from micropython import const

from .tables import alignment_step

_GUARD = const(4)
# Rows of function patterns, repeated after eight. Finder patterns come with their separators: at
# the top left, the top right, the bottom left.
_FINDER = b"\xfe\x82\xba\xba\xba\x82\xfe\x00"
_FINDER_RIGHT = b"\x7f\x41\x5d\x5d\x5d\x41\x7f\x00"
_FINDER_BELOW = b"\x00\xfe\x82\xba\xba\xba\x82\xfe"
_ALIGNMENT = b"\x1f\x11\x15\x11\x1f\x00\x00\x00"
_TIMING = b"\x15\x00\x15\x00\x15\x00\x15\x00"
_LIGHT = bytes(8)
_DARK = b"\x01\x00\x00\x00\x00\x00\x00\x00"
_rows = bytearray(8)


def words_needed(size: int) -> int:
    """Length of the `words` array of a symbol of `size` modules."""
    return 5 * ((size + 31) >> 5) * (size + _GUARD) + 3 * _GUARD


@micropython.viper
def _blank(line: int, bits: int, words: ptr32, size: int, strips: int):
    """Make all modules free and light, and set the bits beyond the symbol in odd lines."""
    line = 5 * strips + 12
    while line:
        line -= 1
        words[line] = 0
    full = 0xFFFF
    full = full << 16 | full
    bits = full
    start = 4
    while start < strips:
        if start + size == strips:
            bits = bits << (32 - (size & 31)) & full
        line = start + size
        while line > start:
            line -= 1
            words[line] = bits
            if line - start & 1:
                words[line + strips + 4] = bits ^ full
        start = size + 4 + start


@micropython.viper
def _stamp(at: int, mask: int, words: ptr32, x: int, size: int, width: int, rows: ptr8, count: int):
    """Draw `count` lines of `width` modules (8 at most) from column `x` on; they are not free.

    Word `at` is the first line's in the first strip.
    """
    full = 0xFFFF
    full = full << 16 | full
    stride = size + 4
    plain = ((size + 31) >> 5) * stride + 4
    at = (x >> 5) * stride + at
    shift = 32 - (x & 31) - width
    while shift < 32:  # a second time, a word on, for what does not fit into one
        i = 0
        while i < count:
            mask = (1 << width) - 1
            bits = rows[i & 7] & mask
            if shift < 0:
                mask >>= 0 - shift
                bits >>= 0 - shift
            else:
                mask = mask << shift & full
                bits = bits << shift & full
            words[at + i] = (words[at + i] | mask) ^ mask
            words[at + plain + i] = (words[at + plain + i] | mask) ^ mask | bits
            i += 1
        at += stride
        shift += 32


def draw_functions(words: object, size: int, version: int) -> None:
    """Clear `words` and draw the function patterns of `version` into the rows.

    Modules of the format information are not free and light, except for those of bit 7 and the one
    that is always dark: these three are dark.
    """
    far = size - 8
    below = far + _GUARD
    _blank(0, 0, words, size, ((size + 31) >> 5) * (size + _GUARD))
    _stamp(_GUARD, 0, words, 0, size, 8, _FINDER, 8)
    _stamp(_GUARD, 0, words, far, size, 8, _FINDER_RIGHT, 8)
    _stamp(below, 0, words, 0, size, 8, _FINDER_BELOW, 8)
    # the format information
    _stamp(_GUARD, 0, words, 8, size, 1, _LIGHT, 8)
    _stamp(_GUARD + 8, 0, words, 0, size, 8, _LIGHT, 1)
    _stamp(_GUARD + 8, 0, words, 8, size, 1, _DARK, 1)
    _stamp(_GUARD + 8, 0, words, far, size, 8, b"\x80", 1)
    _stamp(below, 0, words, 8, size, 1, _DARK, 8)
    # the timing patterns
    _stamp(_GUARD + 8, 0, words, 6, size, 1, _TIMING, size - 16)
    for x in range(8, far - 1, 4):
        _stamp(_GUARD + 6, 0, words, x, size, 5, _TIMING, 1)
    if version > 1:
        _draw_alignment(words, size, version)
    if version > 6:
        _draw_version(words, size, version)


def _draw_alignment(words: object, size: int, version: int) -> None:
    """Draw the alignment patterns (6.3.6), all but the three that finder patterns cover."""
    step = alignment_step(version)
    last = version // 7 + 1
    for j in range(last + 1):
        y = size - 9 - (last - j) * step if j else 4
        for i in range(last + 1):
            if (i and j) or 0 < i + j < last:
                x = size - 9 - (last - i) * step if i else 4
                _stamp(_GUARD + y, 0, words, x, size, 5, _ALIGNMENT, 5)


def _draw_version(words: object, size: int, version: int) -> None:
    """Draw the version information (7.10), a (18, 6) BCH code, at the top right and bottom left."""
    bits = version
    for _ in range(12):
        bits = bits << 1 ^ (bits >> 11) * 0x1F25
    bits |= version << 12
    for y in range(6):
        row = bits >> 3 * y
        _rows[y] = (row & 1) << 2 | row & 2 | row >> 2 & 1
    _stamp(_GUARD, 0, words, size - 11, size, 3, _rows, 6)
    for y in range(3):
        row = 0
        for i in range(y, 18, 3):
            row = row << 1 | bits >> i & 1
        _rows[y] = row
    _stamp(_GUARD + size - 11, 0, words, 0, size, 6, _rows, 3)
