"""Codeword placement (ISO/IEC 18004 clause 7.7.3) in the matrix that matrix.py lays out."""

import micropython


@micropython.viper
def _mirror(words: ptr32, line: int, columns: int, size: int, strips: int):
    """Copy the rows to the columns, as function patterns are symmetric, and set the bits beyond the
    symbol in odd lines."""
    line = strips + 8
    while line < columns:
        words[line + strips] = words[line]
        line += 1
    beyond = (1 << (32 - (size & 31))) - 1
    line = columns - 4 - size
    while line < columns:
        line += 2
        words[line - 1] |= beyond
        words[line - 1 + strips] |= beyond


@micropython.viper
def _place(words: ptr32, at: int, last: int, size: int, rows: int, columns: int, stream: ptr8):
    """Fill the free modules of columns and rows, two columns at a time from the right, up and down.

    Each row takes its right module before its left. `last` is the codeword being used up, shifted
    left, with a 1 behind it: when nothing but that is left below bit 8, the next one follows. It
    starts as 128.
    """
    i = 0
    upwards = 1
    x = size - 1
    while x > 0:
        if x == 6:
            x = 5  # the vertical timing pattern's column belongs to no pair
        n = size
        while n:
            n -= 1
            y = n if upwards else size - 1 - n
            module = 1 << (31 - (y & 31))
            side = x
            while side > x - 2:
                at = (y >> 5) * (size + 4) + side
                if words[at + 4] & module:
                    last = last << 1
                    if last & 0xFF == 0:
                        last = stream[i] << 1 | 1
                        i += 1
                    if last & 256:
                        words[at + columns] = words[at + columns] | module
                        at = (side >> 5) * (size + 4) + y
                        words[at + rows] = words[at + rows] | 1 << (31 - (side & 31))
                side -= 1
        upwards ^= 1
        x -= 2


def place(words: object, size: int, stream: object) -> None:
    """Complete the unmasked symbol of `size` modules from its rows' function patterns.

    `stream` is the final codeword sequence with one zero byte behind it for the remainder bits.
    """
    strips = ((size + 31) >> 5) * (size + 4)
    rows = strips + 8
    _mirror(words, 0, rows + strips, size, strips)
    _place(words, 0, 128, size, rows, rows + strips, stream)
