"""The symbol's matrix, and what draws into it.

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

GUARD = const(4)
"""Words before and between strips."""


def words_needed(size: int) -> int:
    """Length of the `words` array of a symbol of `size` modules."""
    return 5 * ((size + 31) >> 5) * (size + GUARD) + 3 * GUARD


@micropython.viper
def blank(line: int, bits: int, words: ptr32, size: int, strips: int):
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
def stamp(at: int, mask: int, words: ptr32, x: int, size: int, width: int, rows: ptr8, count: int):
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
