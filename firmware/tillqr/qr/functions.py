"""The function patterns (ISO/IEC 18004 clauses 6.3 and 7.10), drawn into the matrix."""

from .matrix import GUARD, blank, stamp
from .tables import alignment_step

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


def draw_functions(words: object, size: int, version: int) -> None:
    """Clear `words` and draw the function patterns of `version` into the rows.

    Modules of the format information are not free and light, except for those of bit 7 and the one
    that is always dark: these three are dark.
    """
    far = size - 8
    below = far + GUARD
    blank(0, 0, words, size, ((size + 31) >> 5) * (size + GUARD))
    stamp(GUARD, 0, words, 0, size, 8, _FINDER, 8)
    stamp(GUARD, 0, words, far, size, 8, _FINDER_RIGHT, 8)
    stamp(below, 0, words, 0, size, 8, _FINDER_BELOW, 8)
    # the format information
    stamp(GUARD, 0, words, 8, size, 1, _LIGHT, 8)
    stamp(GUARD + 8, 0, words, 0, size, 8, _LIGHT, 1)
    stamp(GUARD + 8, 0, words, 8, size, 1, _DARK, 1)
    stamp(GUARD + 8, 0, words, far, size, 8, b"\x80", 1)
    stamp(below, 0, words, 8, size, 1, _DARK, 8)
    # the timing patterns
    stamp(GUARD + 8, 0, words, 6, size, 1, _TIMING, size - 16)
    for x in range(8, far - 1, 4):
        stamp(GUARD + 6, 0, words, x, size, 5, _TIMING, 1)
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
                stamp(GUARD + y, 0, words, x, size, 5, _ALIGNMENT, 5)


def _draw_version(words: object, size: int, version: int) -> None:
    """Draw the version information (7.10), a (18, 6) BCH code, at the top right and bottom left."""
    bits = version
    for _ in range(12):
        bits = bits << 1 ^ (bits >> 11) * 0x1F25
    bits |= version << 12
    for y in range(6):
        row = bits >> 3 * y
        _rows[y] = (row & 1) << 2 | row & 2 | row >> 2 & 1
    stamp(GUARD, 0, words, size - 11, size, 3, _rows, 6)
    for y in range(3):
        row = 0
        for i in range(y, 18, 3):
            row = row << 1 | bits >> i & 1
        _rows[y] = row
    stamp(GUARD + size - 11, 0, words, 0, size, 6, _rows, 3)
