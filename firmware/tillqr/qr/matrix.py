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
# Finder patterns with their separators: at the top left, the top right, the bottom left.
_FINDER = b"\xfe\x82\xba\xba\xba\x82\xfe\x00"
_FINDER_RIGHT = b"\x7f\x41\x5d\x5d\x5d\x41\x7f\x00"
_FINDER_BELOW = b"\x00\xfe\x82\xba\xba\xba\x82\xfe"
_ALIGNMENT = b"\x1f\x11\x15\x11\x1f"
_CLEAR = bytes(9)


def words_needed(size: int) -> int:
    """Length of the `words` array of a symbol of `size` modules."""
    return 5 * ((size + 31) >> 5) * (size + _GUARD) + 3 * _GUARD


@micropython.viper
def _blank(words: ptr32, line: int, size: int, strips: int):
    """Mark all modules free but the timing patterns', and draw those into the rows."""
    line = 5 * strips + 12
    while line:
        line -= 1
        words[line] = 0
    valid = 0x5555
    valid = valid << 16 | valid
    even = valid << 1
    valid |= even  # all bits
    start = 4
    plain = strips + 4
    while start < strips:
        end = start + size
        if end == strips:
            valid = (valid << (32 - (size & 31))) & valid
        words[start + plain + 6] = even & valid
        line = start
        while line < end:
            words[line] = valid
            line += 1
        words[start + 6] = 0
        start = end + 4
    line = 4
    end = line + size
    while line < end:
        words[line] = (words[line] | 0x02000000) ^ 0x02000000
        line += 1
    end += plain
    line = plain + 4
    while line < end:
        words[line] = words[line] | 0x02000000
        line += 2


@micropython.viper
def _stamp(words: ptr32, at: int, x: int, size: int, width: int, rows: ptr8, count: int):
    """Replace `width` (9 at most) modules from `x` on in `count` lines.

    Word `at` is the first strip's in the first of the lines.
    """
    full = 0xFFFF
    full = full << 16 | full
    at = (x >> 5) * (size + 4) + at
    shift = 32 - (x & 31) - width
    while shift < 32:
        i = 0
        while i < count:
            mask = (1 << width) - 1
            bits = rows[i]
            if shift < 0:
                mask >>= 0 - shift
                bits >>= 0 - shift
            else:
                mask = mask << shift & full
                bits = bits << shift & full
            words[at + i] = (words[at + i] | mask) ^ mask | bits
            i += 1
        at = size + 4 + at
        shift += 32


@micropython.viper
def _version_information(words: ptr32, at: int, size: int, plain: int, version: int):
    """Draw `version` as a (18, 6) BCH code (7.10) into the rows, twice."""
    rest = version
    at = 12
    while at:
        at -= 1
        rest = rest << 1 ^ (rest >> 11) * 0x1F25
    rest |= version << 12
    y = 0
    while y < 6:
        x = size - 11
        while x < size - 8:
            bit = 1 << (31 - y)
            at = x + 4
            twice = 2
            while twice:
                twice -= 1
                words[at] = (words[at] | bit) ^ bit
                if rest & 1:
                    words[at + plain] = words[at + plain] | bit
                bit = 1 << (31 - (x & 31))
                at = (x >> 5) * (size + 4) + y + 4
            rest >>= 1
            x += 1
        y += 1


def draw_functions(words: object, size: int, version: int) -> None:
    """Clear `words` and draw the function patterns of `version` into the rows.

    Modules of the format information stay light and are not free.
    """
    strips = ((size + 31) >> 5) * (size + _GUARD)
    plain = strips + 2 * _GUARD
    far = size - 8
    _blank(words, 0, size, strips)
    _stamp(words, plain, 0, size, 8, _FINDER, 8)
    _stamp(words, plain, far, size, 8, _FINDER_RIGHT, 8)
    _stamp(words, plain + far, 0, size, 8, _FINDER_BELOW, 8)
    # finder patterns and, one module further, the format information are not free
    _stamp(words, _GUARD, 0, size, 9, _CLEAR, 9)
    _stamp(words, _GUARD, far, size, 8, _CLEAR, 9)
    _stamp(words, _GUARD + far, 0, size, 9, _CLEAR, 8)
    if version > 1:
        _draw_alignment(words, size, plain, version)
    if version > 6:
        _version_information(words, 0, size, strips + _GUARD, version)


def _draw_alignment(words: object, size: int, plain: int, version: int) -> None:
    """Draw the alignment patterns (6.3.6), all but the three that finder patterns cover."""
    step = alignment_step(version)
    last = version // 7 + 1
    for j in range(last + 1):
        y = size - 9 - (last - j) * step if j else 4
        for i in range(last + 1):
            if i and j or 0 < i + j < last:
                x = size - 9 - (last - i) * step if i else 4
                _stamp(words, plain + y, x, size, 5, _ALIGNMENT, 5)
                _stamp(words, _GUARD + y, x, size, 5, _CLEAR, 5)
