"""The symbol's matrix: function patterns and codeword placement (ISO/IEC 18004 clauses 6.3, 7.7).

The matrix lives in 32-bit words, so that later stages handle 32 modules at once. A line (a row, or
a column in the transposed half) is cut into strips of 32 modules, the leftmost (topmost) module in
the most significant bit; a strip holds one word a line, with four words between strips for the
light modules of the quiet zone. `words` holds, for a symbol of S strips and `size` modules:

    free      S strips    1 where a data module goes (the same for rows and columns)
    plain     2S strips   rows, then columns, of the unmasked symbol
    masked    2S strips   the same after masking

In the last strip the bits beyond the symbol are 1 in odd lines and 0 in even ones: no run and no
pattern that the penalties look for can then arise there.
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


def strips(size: int) -> int:
    """Strips of 32 modules that a line of `size` modules takes."""
    return (size + 31) >> 5


def words_needed(size: int) -> int:
    """Length of the `words` array of a symbol of `size` modules."""
    return 5 * strips(size) * (size + _GUARD) + 3 * _GUARD


@micropython.viper
def _blank(words: ptr32, size: int, count: int):
    """Mark all modules free but the timing patterns', and draw those into the columns."""
    stride = size + 4
    plain = count * stride + 4
    columns = plain + count * stride + 4
    end = 5 * count * stride + 12
    i = 0
    while i < end:
        words[i] = 0
        i += 1
    full = 0xFFFF
    full = full << 16 | full
    even = 0xAAAA
    even = even << 16 | even
    strip = 0
    while strip < count:
        valid = full
        if strip == count - 1:
            valid = full << (32 - (size & 31)) & full
        at = strip * stride + 4
        to = strip * stride + columns
        line = 0
        while line < size:
            words[at + line] = valid
            line += 1
        words[at + 6] = 0
        words[to + 6] = even & valid
        strip += 1
    line = 0
    while line < size:
        words[4 + line] &= full ^ 0x02000000
        if line & 1 == 0:
            words[columns + line] |= 0x02000000
        line += 1


@micropython.viper
def _stamp(words: ptr32, start: int, stride: int, x: int, y: int, width: int, rows: ptr8, n: int):
    """Replace `width` (9 at most) modules from `x` on in the `n` lines from `y` on.

    The strips begin at word `start`, `stride` words apart.
    """
    shift = 32 - (x & 31) - width
    at = start + (x >> 5) * stride + y
    mask = (1 << width) - 1
    spill = 0
    if shift < 0:
        spill = 32 + shift
    i = 0
    while i < n:
        bits = rows[i]
        if spill:
            words[at] = words[at] & ~(mask >> (32 - spill)) | bits >> (32 - spill)
            low = (1 << spill) - 1
            bits &= (1 << (32 - spill)) - 1
            words[at + stride] = words[at + stride] & low | bits << spill
        else:
            words[at] = words[at] & ~(mask << shift) | bits << shift
        at += 1
        i += 1


@micropython.viper
def _version_information(words: ptr32, size: int, columns: int, version: int):
    """Draw both copies of the version information (7.10), a (18, 6) BCH code, from `columns` on."""
    rest = version
    i = 0
    while i < 12:
        rest = rest << 1 ^ (rest >> 11) * 0x1F25
        i += 1
    bits = version << 12 | rest
    y = 0
    while y < 6:
        i = 0
        while i < 3:
            x = size - 11 + i
            strip = (x >> 5) * (size + 4)
            far = 1 << (31 - (x & 31))
            near = 1 << (31 - y)
            words[4 + x] &= ~near
            words[4 + strip + y] &= ~far
            if bits & 1:
                words[columns + x] |= near
                words[columns + strip + y] |= far
            bits >>= 1
            i += 1
        y += 1


def draw_functions(words: object, size: int, version: int) -> None:
    """Clear `words` and draw the function patterns of `version` into the columns.

    Modules of the format information stay light and are not free.
    """
    count = strips(size)
    stride = size + _GUARD
    columns = 2 * (count * stride + _GUARD)
    far = size - 8
    _blank(words, size, count)
    _stamp(words, columns, stride, 0, 0, 8, _FINDER, 8)
    _stamp(words, columns, stride, far, 0, 8, _FINDER_RIGHT, 8)
    _stamp(words, columns, stride, 0, far, 8, _FINDER_BELOW, 8)
    # finder patterns and, one module further, the format information are not free
    _stamp(words, _GUARD, stride, 0, 0, 9, _CLEAR, 9)
    _stamp(words, _GUARD, stride, far, 0, 8, _CLEAR, 9)
    _stamp(words, _GUARD, stride, 0, far, 9, _CLEAR, 8)
    if version > 1:
        _draw_alignment(words, size, columns, version)
    if version > 6:
        _version_information(words, size, columns, version)


def _draw_alignment(words: object, size: int, columns: int, version: int) -> None:
    """Draw the alignment patterns (6.3.6), all but the three that finder patterns cover."""
    step = alignment_step(version)
    stride = size + _GUARD
    last = version // 7 + 1
    for j in range(last + 1):
        y = size - 9 - (last - j) * step if j else 4
        for i in range(last + 1):
            if i and j or 0 < i + j < last:
                x = size - 9 - (last - i) * step if i else 4
                _stamp(words, columns, stride, x, y, 5, _ALIGNMENT, 5)
                _stamp(words, _GUARD, stride, x, y, 5, _CLEAR, 5)


