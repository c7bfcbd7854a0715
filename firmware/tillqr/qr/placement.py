"""Codeword placement (ISO/IEC 18004 clause 7.7.3) in the matrix that matrix.py lays out."""

import micropython


@micropython.viper
def place(at: int, x: int, words: ptr32, size: int, count: int, stream: ptr8):
    """Copy the plain rows, symmetric so far, to the columns and fill the free modules of both.

    `stream` is the final codeword sequence with one zero byte behind it for the remainder bits.

    Two columns at a time are filled from the right, up and down; each row takes its right module
    before its left. `last` is the codeword being used up, shifted left, with a 1 behind it: when
    nothing but that is left below bit 8, the next one follows.
    """
    strips = count * (size + 4)
    rows = strips + 8
    columns = rows + strips
    at = columns
    while at > rows:
        at -= 1
        words[at + strips] = words[at]
    last = 128
    i = 0
    step = -1
    x = size - 1
    y = x
    while x > 0:
        if x == 6:
            x = 5  # the vertical timing pattern's column belongs to no pair
        n = size
        while n:
            n -= 1
            module = 1 << (31 - (y & 31))
            at = (y >> 5) * (size + 4) + x
            end = x - 2
            while x > end:
                if words[at + 4] & module:
                    last = last << 1
                    if last & 0xFF == 0:
                        last = stream[i] << 1 | 1
                        i += 1
                    if last & 0x100:
                        words[at + columns] = words[at + columns] | module
                        to = (x >> 5) * (size + 4) + y + rows
                        words[to] = words[to] | 1 << (31 - (x & 31))
                at -= 1
                x -= 1
            x += 2
            y += step
        x -= 2
        y -= step
        step = 0 - step
